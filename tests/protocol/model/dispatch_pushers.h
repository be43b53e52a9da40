// Owns who pushes and who drops: submitter, relay and reconciler, with their locks and late calls.
// After shared/jobs/submission.py, maintenance/relay.py and reconciler.py.
#pragma once

#include "dispatch_index.h"

namespace dispatch {

class PusherMoves {
  public:
    PusherMoves(const Rules &rules, const State &from, Moves<State> &moves) : rules_(rules), a_(from), moves_(moves) {}

    void all() {
        submitter();
        relay();
        if (rules_.reconcile) reconciler();
        strays();
    }

  private:
    State broken() const {
        State b = a_;
        b.is_clean = 0;
        return b;
    }

    // A push of a job that is over can only be right when something failed before; a cancelled one is told apart at its
    // claim.
    int push_into(State &b, u8 gen, bool check, const char *&violated) const {
        int status = push(rules_, b.index, gen, check, 0);
        bool is_over = a_.row == COMPLETED || a_.row == DEAD || a_.gen != gen;
        if (status == 1 && is_over && a_.is_clean) violated = "finished-job-pushed";
        return status;
    }

    void submitter() {
        State b = a_;
        if (a_.row == ABSENT) {
            b.row = LIVE;
            b.submitter = 1;
            moves_.step("submit: INSERT, COMMIT, acknowledged", b);
            if (!a_.outages) return;
            b = broken();
            b.row = LIVE;
            b.outages--;
            moves_.fault("FAULT submit commits, PostgreSQL's answer is lost, nobody pushes", b);
        }
        if (!a_.submitter) return;
        if (a_.crashes) {
            b = broken();
            b.crashes--;
            b.submitter = b.submitter_gen = 0;
            moves_.fault("FAULT submitter dies before its push", b);
            b = a_;
        }
        const char *violated = nullptr;
        push_into(b, a_.submitter_gen, a_.submitter_gen && rules_.requeue_checks, violated);
        if (a_.drops) {
            State c = b;
            c.drops--;
            c.is_clean = 0;
            moves_.fault("FAULT submitter pushes, the answer is lost, it pushes again", c, violated);
        }
        b.submitter = b.submitter_gen = 0;
        moves_.step("submitter: push", b, violated);
        b = a_;
        b.submitter = b.submitter_gen = 0;
        moves_.step("submitter: deadline is over, left to the relay", b);
    }

    void relay() {
        State b = a_;
        if (!a_.relay && a_.row == LIVE && !a_.pushed && a_.lock == FREE) {
            b.relay = 1;
            b.relay_gen = a_.gen;
            if (rules_.relay_lock) b.lock = RELAY;
            moves_.step("relay: locks and reads an unpushed row", b);
        }
        if (!a_.relay) return;
        const char *violated = nullptr;
        if (a_.relay == 1) {
            bool is_locked = a_.lock == RELAY;
            int status = push_into(b, a_.relay_gen, true, violated);
            b.relay = is_locked && status >= 0 ? 2 : 0;
            if (!b.relay) b.relay_gen = 0;
            if (!b.relay && is_locked) b.lock = FREE;
            moves_.step("relay: push", b, violated);
        } else {
            b.pushed = 1;
            finish_relay(b);
            moves_.step("relay: commit, row is stamped", b);
        }
        lose_session(&State::relay, &State::relay_gen, RELAY);
    }

    static void finish_relay(State &b) {
        b.relay = b.relay_gen = 0;
        b.lock = FREE;
    }

    // Its process dies, or PostgreSQL ends the session under it: then the push may still be on its way, without the
    // lock.
    void lose_session(u8 State::*at, u8 State::*gen, Lock held) {
        if (a_.crashes) {
            State b = broken();
            b.crashes--;
            b.*at = b.*gen = 0;
            if (b.lock == held) b.lock = FREE;
            moves_.fault("FAULT a loop's process dies", b);
        }
        if (a_.lock == held && a_.freezes) {
            State b = broken();
            b.freezes--;
            b.lock = FREE;
            if (a_.*at == 2 || a_.*at == 4) b.*at = b.*gen = 0;
            moves_.fault("FAULT a lock's holder freezes, PostgreSQL ends its session", b);
        }
    }

    void reconciler() {
        State b = a_;
        const char *violated = nullptr;
        switch (a_.reconciler) {
        case 0:
            if (a_.row != LIVE) return;
            b.reconciler = 1;
            b.reconciler_gen = a_.gen;
            moves_.step("reconciler: reads a live row", b);
            return;
        case 1: {
            bool is_missing = a_.index.entry == NOTHING || a_.index.gen < a_.reconciler_gen;
            b.reconciler = is_missing ? 2 : 0;
            if (!is_missing) b.reconciler_gen = 0;
            moves_.step(is_missing ? "reconciler: the index lacks it" : "reconciler: the index has it", b);
            return;
        }
        case 2:
            if (!rules_.reconciler_lock) {
                push_into(b, a_.reconciler_gen, true, violated);
                b.reconciler = b.reconciler_gen = 0;
                moves_.step("reconciler: push without the row's lock", b, violated);
                return;
            }
            if (a_.lock == FREE && a_.row == LIVE) {
                b.reconciler = 3;
                b.reconciler_gen = a_.gen;
                b.lock = RECONCILER;
                moves_.step("reconciler: locks the row, still live", b);
            } else {
                b.reconciler = b.reconciler_gen = 0;
                moves_.step("reconciler: row is held by another or final", b);
            }
            return;
        case 3:
            push_into(b, a_.reconciler_gen, true, violated);
            b.reconciler = a_.lock == RECONCILER ? 4 : 0;
            if (!b.reconciler) b.reconciler_gen = 0;
            moves_.step("reconciler: push", b, violated);
            break;
        case 4:
            b.pushed = 1;
            b.reconciler = b.reconciler_gen = 0;
            b.lock = FREE;
            moves_.step("reconciler: commit", b);
            break;
        default:
            return;
        }
        lose_session(&State::reconciler, &State::reconciler_gen, RECONCILER);
    }

    // The reconciler's other way round: entries first, then their rows.
    void strays() {
        State b = a_;
        if (!a_.reconciler && waits_or_runs(a_.index)) {
            b.reconciler = 5;
            b.reconciler_gen = a_.index.gen;
            moves_.step("reconciler: reads an entry", b);
        } else if (a_.reconciler == 5) {
            bool is_stray = a_.row != LIVE || a_.gen > a_.reconciler_gen;
            b.reconciler = is_stray ? 6 : 0;
            if (!is_stray) b.reconciler_gen = 0;
            moves_.step(is_stray ? "reconciler: its row is final or newer" : "reconciler: its row is live", b);
        } else if (a_.reconciler == 6) {
            b.reconciler = b.reconciler_gen = 0;
            const char *violated = drop_from(b, a_.reconciler_gen);
            moves_.step("reconciler: drop", b, violated);
        }
    }

    const char *drop_from(State &b, u8 gen) const {
        u8 entry_gen = b.index.gen;
        bool is_dropped = drop(rules_, b.index, gen, false);
        return is_dropped && a_.row == LIVE && entry_gen == a_.gen ? "live-entry-removed" : nullptr;
    }

    const Rules &rules_;
    const State &a_;
    Moves<State> &moves_;
};

} // namespace dispatch
