// Owns the model of a named lock with owner, token and time to live: three jobs that want it. After locks.py,
// lua/lock.lua.
#pragma once

#include "options.h"
#include "search.h"

namespace locks {

enum Owner : u8 { OUTSIDE, INSIDE, OVERDUE, OVER };

struct State {
    u8 holder; // 1 + owner whose token is in the lock
    u8 owner[3];
    u8 freezes, kills, drops, losses;
};
static_assert(sizeof(State) == 8, "no padding that memcmp would see");

class Model {
  public:
    using State = locks::State;

    explicit Model(Options &o)
        : freezes_(o.number("freezes", 0)), kills_(o.number("kills", 0)), drops_(o.number("drops", 0)),
          losses_(o.number("losses", 0)), token_(o.rule("lock.token")), ttl_(o.rule("lock.ttl")) {}

    State initial() const {
        State s{};
        s.freezes = freezes_;
        s.kills = kills_;
        s.drops = drops_;
        s.losses = losses_;
        return s;
    }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        for (u8 i = 0; i < 3; i++) {
            take(a, i, moves);
            leave(a, i, moves);
            fail(a, i, moves);
        }
        State b = a;
        bool is_alive = a.holder && a.owner[a.holder - 1] == INSIDE;
        if (a.holder && !is_alive && ttl_) {
            b.holder = 0;
            moves.step("the lock's time to live is over", b);
        }
        b = a;
        if (!a.losses) return;
        b.losses--;
        b.holder = 0;
        moves.fault("FAULT Redis loses everything", b);
    }

    std::vector<Goal<State>> goals() const {
        auto always = [](const State &) { return true; };
        auto are_over = [](const State &s) { return s.owner[0] == OVER && s.owner[1] == OVER && s.owner[2] == OVER; };
        return {{"lock-stuck", always, are_over}};
    }

    std::string describe(const State &s) const {
        static const char *owners[] = {"outside", "inside", "overdue", "over"};
        return "holder=" + std::to_string(s.holder) + " owners=" + owners[s.owner[0]] + "," + owners[s.owner[1]] + "," +
               owners[s.owner[2]];
    }

  private:
    static int owners(const State &s) {
        return (s.owner[0] == INSIDE) + (s.owner[1] == INSIDE) + (s.owner[2] == INSIDE);
    }

    void take(const State &a, u8 i, Moves<State> &moves) const {
        bool may = !a.holder || a.holder == i + 1;
        if (a.owner[i] != OUTSIDE || !may) return;
        State b = a;
        b.holder = i + 1;
        if (a.drops) {
            State c = b;
            c.drops--;
            moves.fault("FAULT owner takes the lock, the answer is lost", c);
        }
        b.owner[i] = INSIDE;
        moves.step("owner: takes the lock", b, owners(b) > 1 ? "two-owners" : nullptr);
    }

    void leave(const State &a, u8 i, Moves<State> &moves) const {
        if (a.owner[i] != INSIDE && a.owner[i] != OVERDUE) return;
        State b = a;
        b.owner[i] = OVER;
        if (a.holder == i + 1 || !token_) b.holder = 0;
        moves.step("owner: frees the lock, if the token in it is its own", b);
    }

    void fail(const State &a, u8 i, Moves<State> &moves) const {
        if (a.owner[i] != INSIDE) return;
        State b = a;
        if (a.freezes) {
            b.freezes--;
            b.owner[i] = OVERDUE;
            moves.fault("FAULT owner works beyond the lock's time to live", b);
        }
        b = a;
        if (!a.kills) return;
        b.kills--;
        b.owner[i] = OVER;
        moves.fault("FAULT owner killed", b);
    }

    int freezes_, kills_, drops_, losses_;
    bool token_, ttl_;
};

} // namespace locks
