// Owns the model of a child with two parents (rule 12, and what rule 9 says of blocked rows): edges, late edges, cut
// logs. Derived ids are in context.py: submit(); edges and what follows from an end are in ledger/edges.py.
#pragma once

#include "options.h"
#include "search.h"

namespace flows {

enum Entry : u8 { NOTHING, QUEUED, RUNNING, DONE };

struct Index {
    u8 parent[2], waiting_for; // waiting_for only counts without its rule
};

struct State {
    u8 parent[2];         // row: 0 live, 1 completed
    u8 pending, is_added; // the child row's unfinished parents; its edges: 0 not yet, 1 read the parents, 2 committed
    u8 seen_done, fired, child_pushed;
    Index index, saved;
    u8 has_saved, losses;
    u8 settler[2], open[2]; // open: 1 + unfinished siblings that an uncommitted transaction saw
    u8 crashes, children, submitting;
    u8 pad[2];
};
static_assert(sizeof(State) == 24, "no padding that memcmp would see");

class Model {
  public:
    using State = flows::State;

    explicit Model(Options &o)
        : losses_(o.number("losses", 0)), crashes_(o.number("crashes", 0)), is_late_(o.number("late", 0)),
          in_rows_(o.rule("12.rows")), by_transition_(o.rule("12.transition")), by_update_(o.rule("12.update")),
          for_share_(o.rule("12.share")), derived_(o.rule("12.derived")), blocked_(o.rule("9.blocked")) {}

    State initial() const {
        State s{};
        s.index = {{QUEUED, QUEUED}, 2};
        s.losses = losses_;
        s.crashes = crashes_;
        s.is_added = is_late_ ? 0 : 2;
        s.pending = is_late_ ? 0 : 2;
        return s;
    }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        for (int i = 0; i < 2; i++) {
            run(a, i, moves);
            settle(a, i, moves);
        }
        add_edges(a, moves);
        submit_child(a, moves);
        repairs(a, moves);
        lose(a, moves);
    }

    std::vector<Goal<State>> goals() const {
        return {{"child-stuck", [](const State &) { return true; }, [](const State &s) { return s.fired > 0; }}};
    }

    std::string describe(const State &s) const {
        char text[120];
        std::snprintf(text, sizeof text, "parents=%s,%s child waits for %d, released %d times, children %d",
                      s.parent[0] ? "done" : "live", s.parent[1] ? "done" : "live", s.pending, s.fired, s.children);
        return text;
    }

  private:
    const char *fire(State &b) const {
        b.fired++;
        if (b.fired > 1) return "child-released-twice";
        return b.parent[0] && b.parent[1] ? nullptr : "child-released-early";
    }

    void run(const State &a, int i, Moves<State> &moves) const {
        State b = a;
        if (a.index.parent[i] == QUEUED) {
            b.index.parent[i] = RUNNING;
            moves.step("worker: claims a parent", b);
        } else if (a.index.parent[i] == RUNNING && a.fired < 3) {
            b.index.parent[i] = DONE;
            const char *violated = nullptr;
            if (!in_rows_ && b.index.waiting_for && --b.index.waiting_for == 0) {
                b.fired++;
                if (b.fired > 1) violated = "child-released-twice";
            }
            moves.step("worker: completes a parent", b, violated);
        }
    }

    void settle(const State &a, int i, Moves<State> &moves) const {
        State b = a;
        if (a.index.parent[i] == DONE && !a.settler[i]) {
            b.settler[i] = 1;
            moves.step("settler: reads a parent's outcome record", b);
        } else if (a.settler[i] == 2) {
            b.settler[i] = 0;
            if (b.index.parent[i] == DONE) b.index.parent[i] = NOTHING;
            moves.step("settler: lets the parent's entry go", b);
        } else if (a.settler[i] == 1 && !by_update_) {
            settle_by_count(a, i, moves);
        } else if (a.settler[i] == 1 && !(a.is_added == 1 && for_share_)) {
            const char *violated = nullptr;
            bool is_transition = !a.parent[i];
            b.parent[i] = 1;
            b.settler[i] = 2;
            bool counts = in_rows_ && a.is_added == 2 && (is_transition || !by_transition_);
            if (counts && b.pending && --b.pending == 0) violated = fire(b);
            moves.step("settler: commits a parent's outcome, releases the child", b, violated);
            if (!a.crashes) return;
            b.crashes--;
            b.settler[i] = 0;
            moves.fault("FAULT settler commits a parent and dies", b, violated);
        }
    }

    // Without its rule: SELECT count of unfinished siblings in a READ COMMITTED snapshot instead of an UPDATE of the
    // child.
    void settle_by_count(const State &a, int i, Moves<State> &moves) const {
        State b = a;
        if (!a.open[i]) {
            b.open[i] = a.parent[i] ? 3 : 1 + !a.parent[1 - i];
            moves.step("settler: writes a parent's outcome, counts the unfinished ones it sees", b);
            return;
        }
        b.parent[i] = 1;
        b.settler[i] = 2;
        b.open[i] = 0;
        const char *violated = a.open[i] == 1 ? fire(b) : nullptr;
        moves.step("settler: commits", b, violated);
    }

    void add_edges(const State &a, Moves<State> &moves) const {
        State b = a;
        if (a.is_added == 0) {
            b.is_added = 1;
            b.seen_done = a.parent[0] + a.parent[1];
            moves.step("add edges: reads the parents", b);
        } else if (a.is_added == 1) {
            b.is_added = 2;
            b.pending = 2 - a.seen_done;
            b.seen_done = 0;
            moves.step("add edges: commits", b, b.pending ? nullptr : fire(b));
        }
    }

    // ctx.submit() in a body that may be repeated: the id derives from (parent, generation, key).
    void submit_child(const State &a, Moves<State> &moves) const {
        if (!crashes_ || a.submitting > 1) return;
        State b = a;
        if (!(derived_ && a.children)) b.children++;
        b.submitting = 2;
        const char *violated = b.children > 1 ? "child-submitted-twice" : nullptr;
        moves.step("body: ctx.submit()", b, violated);
        if (!a.crashes) return;
        b.crashes--;
        b.submitting = 0;
        moves.fault("FAULT body's process dies after ctx.submit(), the job runs again", b, violated);
    }

    void repairs(const State &a, Moves<State> &moves) const {
        for (int i = 0; i < 2; i++) {
            State b = a;
            if (a.index.parent[i] == NOTHING && !a.parent[i] && !a.settler[i] && !a.open[i]) {
                b.index.parent[i] = QUEUED;
                moves.step("reconciler: pushes a missing parent", b);
            }
            b = a;
            if (a.index.parent[i] == QUEUED && a.parent[i]) {
                b.index.parent[i] = NOTHING;
                moves.step("reconciler: drops a stray parent", b);
            }
        }
        if (a.is_added == 2 && !a.child_pushed && (!blocked_ || a.fired)) {
            State b = a;
            b.child_pushed = 1;
            moves.step("reconciler: pushes the child, which may start", b, a.fired ? nullptr : "blocked-child-starts");
        }
    }

    void lose(const State &a, Moves<State> &moves) const {
        if (!a.losses) return;
        State b = a;
        if (!a.has_saved) {
            b.saved = a.index;
            b.has_saved = 1;
            moves.fault("(Redis' log reaches the disk)", b);
        }
        b.losses--;
        b.has_saved = 0;
        b.index = Index{{NOTHING, NOTHING}, 2};
        b.saved = Index{};
        moves.fault("FAULT Redis loses everything", b);
        if (!a.has_saved) return;
        b.index = a.saved;
        moves.fault("FAULT Redis restarts without the end of its log", b);
    }

    int losses_, crashes_, is_late_;
    bool in_rows_, by_transition_, by_update_, for_share_, derived_, blocked_;
};

} // namespace flows
