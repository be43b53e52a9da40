// Owns the model of an index that is lost, rebuilt and opened again (rules 13, 14): identities, marks, a pause and a
// rate window, two reconcilers, one worker, a clean stop. After maintenance/reconciler.py, lua/rebuild.lua, lua/close_index.lua,
// queue_settings.py, worker.py and connection.py.
#pragma once

#include "options.h"
#include "rebuild_state.h"

namespace rebuild {

class Model {
  public:
    using State = rebuild::State;

    explicit Model(Options &o)
        : restarts_(o.number("restarts", 0)), flushes_(o.number("flushes", 0)), outages_(o.number("outages", 0)),
          drops_(o.number("drops", 0)), closes_(o.number("closes", 0)), reconcilers_(o.number("reconcilers", 1)), gate_(o.rule("13.gate")),
          by_life_(o.rule("13.life")), by_value_(o.rule("13.value")), mark_(o.rule("13.mark")), met_(o.rule("13.met")),
          before_claims_(o.rule("13.order")), copy_first_(o.rule("14.acknowledge")), version_(o.rule("14.version")),
          restores_(o.rule("14.restore")), fills_(o.rule("14.window")), fills_unproven_(o.rule("14.cut")),
          names_(o.rule("14.name")), ends_claims_(o.rule("14.end")), in_script_(o.rule("14.script")),
          closes_own_(o.rule("14.life")) {}

    State initial() const {
        State s{};
        s.known = s.index.sentinel = s.worker_identity = name(0, 1);
        s.index.has_job = 1;
        s.restarts = restarts_;
        s.flushes = flushes_;
        s.outages = outages_;
        s.drops = drops_;
        s.closes = closes_;
        return s;
    }

    // Names are random: only which of them are equal matters.
    void canonical(State &s) const {
        u8 names[16] = {0}, count = 0;
        auto rename = [&](u8 &name) {
            u8 number = name & 15;
            if (number && !names[number]) names[number] = ++count;
            name = (name & ~15) | names[number];
        };
        for (u8 *name : {&s.known, &s.index.sentinel, &s.saved.sentinel, &s.worker_identity}) rename(*name);
        for (auto &r : s.reconciler)
            for (u8 *name : {&r.known, &r.sentinel, &r.mark}) rename(*name);
    }

    void successors(const State &a, Moves<State> &moves) const {
        for (u8 i = 0; i < reconcilers_; i++) reconcile(a, i, moves);
        worker(a, moves);
        pause(a, moves);
        time(a, moves);
        faults(a, moves);
    }

    std::vector<Goal<State>> goals() const {
        auto always = [](const State &) { return true; };
        auto is_open = [](const State &s) {
            return s.known == s.index.sentinel && s.worker_identity == s.known && s.worker_life == s.life &&
                   !s.owes_job;
        };
        return {{"claims-stay-closed", always, is_open}};
    }

    std::string describe(const State &s) const {
        char text[200];
        std::snprintf(text, sizeof text,
                      "life=%d pg=%02x sentinel=%02x worker=%02x job=%d paused pg/index=%d/%d started=%d log=%d",
                      s.life, s.known, s.index.sentinel, s.worker_identity, s.index.has_job, s.paused, s.index.paused,
                      s.started, s.index.has_start);
        return text;
    }

  private:
    static u8 name(u8 life, u8 number) { return life << 4 | number; }

    bool is_known(u8 life, u8 known, u8 sentinel) const {
        if (!by_value_) return sentinel != 0 && !(sentinel & MARK);
        return sentinel == known && (!by_life_ || life_of(known) == life);
    }

    void reconcile(const State &a, u8 i, Moves<State> &moves) const {
        const Reconciler &r = a.reconciler[i];
        State b = a;
        Reconciler &n = b.reconciler[i];
        switch (r.at) {
        case 0:
            n = Reconciler{1, a.life, a.known, a.index.sentinel, 0, 0, 0};
            moves.step("reconciler: reads both identities", b);
            return;
        case 1:
            begin(a, i, moves);
            return;
        case 2:
            n.at = 3;
            n.paused = a.paused;
            moves.step("reconciler: reads settings from PostgreSQL", b);
            return;
        case 3:
            n.at = 4;
            if (restores_) configure(b, n.paused, r.full);
            moves.step("reconciler: copies settings into the index", b);
            return;
        case 4:
            b.index.has_job = 1;
            b.owes_job = 0;
            n.at = r.mark ? 5 : 0;
            if (!n.at) n = Reconciler{};
            moves.step("reconciler: puts missing jobs back, drops strays", b);
            return;
        default:
            adopt(a, i, moves);
        }
    }

    void begin(const State &a, u8 i, Moves<State> &moves) const {
        const Reconciler &r = a.reconciler[i];
        State b = a;
        Reconciler &n = b.reconciler[i];
        n.at = 2;
        if (is_known(r.life, r.known, r.sentinel)) {
            moves.step("reconciler: the index is known", b);
            return;
        }
        u8 standing = a.index.sentinel;
        if (!(standing & MARK && life_of(standing) == r.life)) {
            standing = MARK | (is_kept(in_script_ ? standing : r.sentinel, r.known) ? 0 : LOST) | name(r.life, FRESH);
            b.index.sentinel = standing;
        }
        n.mark = standing;
        n.full = (standing & LOST) != 0 && fills_;
        if (before_claims_) {
            moves.step("reconciler: marks the index as being rebuilt", b);
            return;
        }
        n.at = 5;
        moves.step("reconciler: marks the index, opens it before it is rebuilt", b);
    }

    bool is_kept(u8 replaced, u8 known) const {
        if (!fills_unproven_ && replaced == known) return true;
        bool is_closed = replaced & CLOSED && !(replaced & MARK);
        return is_closed && (!names_ || (replaced & ~CLOSED) == known);
    }

    void configure(State &b, u8 paused, bool is_full) const {
        if (version_ && paused < b.index.paused) return;
        b.index.paused = paused;
        if (paused) b.owes_pause = 0;
        if (is_full) b.index.has_start = 1;
    }

    // One transaction: the row, then adopt.lua, then the commit.
    void adopt(const State &a, u8 i, Moves<State> &moves) const {
        const Reconciler &r = a.reconciler[i];
        State b = a;
        Reconciler &n = b.reconciler[i];
        if (r.at == 5) {
            if (a.locked) return;
            if (mark_ && a.index.sentinel != r.mark) {
                n = Reconciler{};
                moves.step("reconciler: the mark is gone, nothing is adopted", b);
                return;
            }
            n.at = 6;
            n.known = name(r.life, FRESH);
            b.index.sentinel = n.known;
            b.locked = i + 1;
            moves.step("reconciler: adopt.lua under the row's lock", b);
            if (!a.drops) return;
            b.drops--;
            b.locked = 0;
            n = Reconciler{};
            moves.fault("FAULT adopt.lua ran, its answer is lost, PostgreSQL rolls back", b);
            return;
        }
        b.locked = 0;
        b.known = r.known;
        n = Reconciler{};
        moves.step("reconciler: identity commits", b);
        if (!a.outages) return;
        b.outages--;
        b.known = a.known;
        moves.fault("FAULT PostgreSQL goes away before the identity commits", b);
    }

    void worker(const State &a, Moves<State> &moves) const {
        State b = a;
        bool is_met = a.worker_life == a.life;
        bool is_recognised = life_of(a.worker_identity) == a.worker_life || !by_life_;
        u8 gate = ends_claims_ || a.index.sentinel & MARK ? a.index.sentinel : a.index.sentinel & ~CLOSED;
        if (a.worker_identity && is_recognised && (!gate_ || gate == a.worker_identity)) {
            b.worker_life = a.life;
            if (!is_met && met_) {
                b.worker_identity = 0;
                moves.step("worker: claims, is answered by a server it had not met, gives back", b);
            } else if (!a.index.paused && !a.index.has_start && a.index.has_job) {
                start(a, b, moves);
            }
        }
        b = a;
        bool is_stale = a.worker_identity != a.known || !is_met;
        if (is_stale) {
            b.worker_life = a.life;
            b.worker_identity = life_of(a.known) == a.life || !by_life_ ? a.known : 0;
            if (!(b.worker_identity == a.worker_identity && is_met))
                moves.step("worker: learns the identity from PostgreSQL", b);
        }
    }

    void start(const State &a, State &b, Moves<State> &moves) const {
        const char *violated = nullptr;
        if (a.started) violated = "rate-exceeded";
        if (a.operator_at == 3) violated = "claim-while-paused";
        if (a.owes_job) violated = "claims-open-on-loss";
        b.started = b.index.has_start = 1;
        moves.step("worker: claims and starts a job", b, violated);
    }

    void pause(const State &a, Moves<State> &moves) const {
        State b = a;
        if (a.operator_at == 0) {
            b.paused = 1;
            b.operator_at = copy_first_ ? 1 : 3;
            moves.wish("WISH pause: commits in PostgreSQL", b);
        } else if (a.operator_at == 1) {
            b.operator_at = 2;
            configure(b, 1, false);
            moves.step("pause: copied into the index", b);
        } else if (a.operator_at == 2) {
            b.operator_at = 3;
            moves.step("pause: acknowledged", b);
        }
    }

    void time(const State &a, Moves<State> &moves) const {
        State b = a;
        if (a.started || a.index.has_start) {
            b.started = b.index.has_start = b.saved.has_start = 0;
            moves.step("the rate's window is over", b);
        }
        b = a;
        bool is_own = life_of(a.index.sentinel) == a.life || !closes_own_;
        if (a.closes && a.index.sentinel && is_own && !(a.index.sentinel & (MARK | CLOSED))) {
            b.index.sentinel |= CLOSED;
            b.closes--;
            moves.wish("WISH close_index.lua, before a stop", b);
        }
    }

    void faults(const State &a, Moves<State> &moves) const {
        State b = a;
        if (a.restarts && !a.has_saved) {
            b.saved = a.index;
            b.has_saved = 1;
            moves.fault("(Redis' log reaches the disk)", b);
        }
        b = a;
        if (a.flushes) {
            b.flushes--;
            b.owes_job = 1;
            b.owes_pause = a.paused;
            b.index = Index{};
            moves.fault("FAULT FLUSHALL", b);
        }
        if (!a.restarts || a.life == 3) return;
        b = a;
        b.restarts--;
        b.life++;
        b.has_saved = 0;
        b.saved = Index{};
        moves.fault("FAULT Redis restarts with all its data", b);
        if (!a.has_saved) return;
        b.index = a.saved;
        if (b.index.has_job < a.index.has_job) b.owes_job = 1;
        moves.fault("FAULT Redis restarts without the end of its log", b);
    }

    int restarts_, flushes_, outages_, drops_, closes_, reconcilers_;
    bool gate_, by_life_, by_value_, mark_, met_, before_claims_, copy_first_, version_, restores_, fills_,
        fills_unproven_, names_, ends_claims_, in_script_, closes_own_;
};

} // namespace rebuild
