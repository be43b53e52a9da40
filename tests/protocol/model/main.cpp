// Usage: protocol_model MODEL [NAME=NUMBER ...] [-RULE ...]; exit 0 when every invariant holds, 1 with a trace when one
// breaks.
#include "dispatch.h"
#include "flows.h"
#include "history.h"
#include "keys.h"
#include "locks.h"
#include "neighbours.h"
#include "options.h"
#include "rebuild.h"
#include "search.h"
#include "ticks.h"
#include "uniques.h"

template <class Model> int search(Options &options) {
    Model model(options);
    size_t limit = size_t(options.number("limit", 100)) * 1000000;
    options.refuse_unknown();
    return Search<Model>(model, limit).run();
}

int main(int count, char **arguments) {
    const std::map<std::string, int (*)(Options &)> models = {
        {"dispatch", search<dispatch::Model>}, {"flows", search<flows::Model>},
        {"history", search<history::Model>},   {"keys", search<keys::Model>},
        {"locks", search<locks::Model>},       {"neighbours", search<neighbours::Model>},
        {"rebuild", search<rebuild::Model>},   {"ticks", search<ticks::Model>},
        {"uniques", search<uniques::Model>},
    };
    auto found = models.find(count > 1 ? arguments[1] : "");
    if (found != models.end()) {
        Options options(count, arguments);
        return found->second(options);
    }
    std::fprintf(stderr, "unknown model; allowed:");
    for (const auto &[name, run] : models) std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 64;
}
