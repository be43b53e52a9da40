// Owns the moves around a worker: submitter, relay, reconciler, settler, history's stamp, operators and the stores' faults.
// After shared/jobs/submission.py, control/ and maintenance/.
#pragma once

#include "dispatch_worker.h"

namespace dispatch {

class LoopMoves {
  public:
    LoopMoves(const Rules &rules, const State &from, Moves<State> &moves) : rules_(rules), a_(from), moves_(moves) {}

    void all() {
        submitter();
        relay();
        if (rules_.reconcile) reconciler();
        strays();
        settler();
        operators();
        small_steps();
        faults();
    }

  private:
    State broken() const {
        State b = a_;
        b.is_clean = 0;
        return b;
    }

    // A push of a job that is over can only be right when something failed before; a cancelled one is told apart at its claim.
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

    // Its process dies, or PostgreSQL ends the session under it: then the push may still be on its way, without the lock.
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

    void settler() {
        State b = a_;
        if (!a_.settler) {
            if (!a_.index.unsettled || !has_record(a_.index)) return;
            b.settler = 1;
            b.settler_gen = a_.index.gen;
            b.settler_out = a_.index.entry;
            moves_.step("settler: reads an outcome record", b);
            return;
        }
        if (a_.settler == 1 && a_.lock == FREE) {
            const char *violated = apply(b);
            b.settler = 2;
            moves_.step("settler: commits it", b, violated);
            if (a_.outages) {
                b.is_clean = 0;
                b.outages--;
                b.settler = b.settler_gen = b.settler_out = 0;
                moves_.fault("FAULT settler commits, PostgreSQL's answer is lost", b, violated);
            }
        } else if (a_.settler == 2) {
            u8 gen = b.index.gen;
            bool is_removed = settle(rules_, b.index, a_.settler_gen, a_.settler_out);
            bool is_live = is_removed && a_.row == LIVE && gen == a_.gen;
            b.settler = b.settler_gen = b.settler_out = 0;
            moves_.step("settler: lets the entry go", b, is_live ? "live-entry-removed" : nullptr);
        }
        if (!a_.crashes) return;
        b = broken();
        b.crashes--;
        b.settler = b.settler_gen = b.settler_out = 0;
        moves_.fault("FAULT settler's process dies", b);
    }

    const char *apply(State &b) const {
        if (b.row == ABSENT || (rules_.settle_generation && b.gen != a_.settler_gen)) return nullptr;
        if (rules_.terminal && b.row != LIVE) return nullptr;
        u8 row = a_.settler_out == DONE ? COMPLETED : DEAD;
        const char *violated = nullptr;
        if (b.row == LIVE && b.gen != a_.settler_gen) violated = "generation-swallowed";
        if (b.row != LIVE && b.row != row && b.gen == a_.settler_gen) violated = "terminal-flips";
        if (b.cancelled == b.gen + 1) violated = "cancelled-job-commits";
        if (row == DEAD && rules_.alarm && ++b.alarms[b.gen] > 1) violated = "alarm-twice";
        b.row = row;
        return violated;
    }

    void operators() {
        State b = a_;
        bool may_requeue = a_.row > LIVE || (!rules_.requeue_final && a_.row == LIVE && a_.index.entry == BURIED);
        if (a_.requeues && may_requeue && a_.lock == FREE && !a_.gen && !a_.submitter) {
            b.requeues--;
            b.gen = b.submitter = b.submitter_gen = 1;
            b.row = LIVE;
            b.pushed = 0;
            moves_.wish("WISH requeue: a new generation", b, a_.row == LIVE ? "alarm-missed" : nullptr);
        }
        b = a_;
        if (a_.cancels && a_.lock == FREE && a_.row == LIVE && !a_.cancel) {
            b.cancels--;
            b.cancel_gen = a_.gen;
            b.cancel = rules_.cancel_row_first ? 1 : 2;
            if (rules_.cancel_row_first)
                b.row = CANCELLED;
            else
                cancel_entry(b);
            moves_.wish(rules_.cancel_row_first ? "WISH cancel: the row" : "WISH cancel: the entry, acknowledged", b);
        }
        b = a_;
        if (a_.cancel == 1) {
            cancel_entry(b);
            moves_.step("cancel: the entry, acknowledged", b);
        } else if (a_.cancel == 2 && a_.lock == FREE) {
            if (b.row == LIVE && b.gen == a_.cancel_gen) b.row = CANCELLED;
            b.cancel = b.cancel_gen = 0;
            moves_.step("cancel: the row", b);
        }
        if (!a_.cancel || !a_.crashes) return;
        b = broken();
        b.crashes--;
        b.cancel = b.cancel_gen = 0;
        moves_.fault("FAULT whoever cancels dies", b);
    }

    // control/cancellations.py: what is not there yet leaves a tombstone, for the push that may be on its way.
    void cancel_entry(State &b) const {
        u8 gen = b.cancel_gen;
        if (b.index.entry == NOTHING && rules_.cancel_tombstone)
            entomb(rules_, b.index, gen);
        else if (waits_or_runs(b.index))
            drop(rules_, b.index, gen, false);
        b.cancelled = gen + 1;
        if (rules_.cancel_row_first) b.cancel = b.cancel_gen = 0;
    }

    void small_steps() {
        State b = a_;
        if (a_.index.entry == DELAYED) {
            b.index.entry = QUEUED;
            moves_.step("its time has come", b);
        }
        b = a_;
        if (a_.index.told) {
            if (b.row == LIVE && b.gen + 1 == b.index.told) b.pushed = 1;
            b.index.told = 0;
            moves_.step("history: stamps the row as pushed", b);
        }
        b = a_;
        if (a_.index.entry == TOMB && (!a_.submitter || !rules_.deadline)) {
            replace(b.index, NOTHING, 0);
            moves_.step("tombstone's time is over", b);
        }
        b = a_;
        if (has_record(a_.index) && !rules_.record_keeps) {
            replace(b.index, NOTHING, 0);
            moves_.step("outcome record's time is over", b);
        }
        if (!a_.flight || a_.lock != IN_FLIGHT) return;
        b = a_;
        b.lock = FREE;
        b.flight = 0;
        moves_.step("the commit under way is rolled back", b);
        bool is_refused = b.row != LIVE || b.gen + 1 != a_.flight;
        if (is_refused) return;
        const char *violated = WorkerMoves::commit_effect(b, a_.flight - 1);
        moves_.step("the commit under way lands", b, violated);
    }

    void faults() {
        if (a_.submitter && a_.crashes) {
            State b = broken();
            b.crashes--;
            b.submitter = b.submitter_gen = 0;
            moves_.fault("FAULT submitter dies before its push", b);
        }
        if (!a_.losses || a_.row == ABSENT) return;
        State b = a_;
        if (!a_.has_saved) {
            b.saved = a_.index;
            b.has_saved = 1;
            moves_.fault("(Redis' log reaches the disk)", b);
        }
        b = broken();
        b.losses--;
        b.index = b.saved = Index{};
        b.has_saved = 0;
        moves_.fault("FAULT Redis loses everything", b);
        if (!a_.has_saved) return;
        b.index = a_.saved;
        moves_.fault("FAULT Redis restarts without the end of its log", b);
    }

    const Rules &rules_;
    const State &a_;
    Moves<State> &moves_;
};

} // namespace dispatch
