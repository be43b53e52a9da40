// Owns what a run was asked for: budgets by name, rules that are switched off. Must never accept a name nobody asked
// for.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <map>
#include <set>
#include <string>

class Options {
  public:
    // Arguments: NAME=NUMBER sets a budget, -RULE switches a rule off.
    Options(int count, char **arguments) {
        for (int i = 2; i < count; i++) {
            std::string argument = arguments[i];
            if (argument.size() > 1 && argument[0] == '-') {
                removed_.insert(argument.substr(1));
            } else if (auto at = argument.find('='); at != std::string::npos) {
                numbers_[argument.substr(0, at)] = std::atoi(argument.c_str() + at + 1);
            } else {
                refuse(argument);
            }
        }
    }

    int number(const std::string &name, int fallback) {
        known_.insert(name);
        auto found = numbers_.find(name);
        return found == numbers_.end() ? fallback : found->second;
    }

    // True while the rule is in force.
    bool rule(const std::string &name) {
        known_.insert(name);
        return removed_.count(name) == 0;
    }

    // To be called after a model has asked for all it knows.
    void refuse_unknown() const {
        for (const auto &name : removed_)
            if (!known_.count(name)) refuse("-" + name);
        for (const auto &[name, number] : numbers_)
            if (!known_.count(name)) refuse(name);
    }

  private:
    void refuse(const std::string &name) const {
        std::fprintf(stderr, "unknown argument %s; allowed:", name.c_str());
        for (const auto &one : known_) std::fprintf(stderr, " %s", one.c_str());
        std::fprintf(stderr, "\n");
        std::exit(64);
    }

    std::map<std::string, int> numbers_;
    std::set<std::string> removed_, known_;
};
