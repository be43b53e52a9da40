// Owns the moves around worker and pushers: settler, history's stamp, operators, time and the faults of Redis.
// After shared/jobs/maintenance/settler.py and ledger_writer.py; cancel and requeue after rule 15.
#pragma once

#include "dispatch_worker.h"

namespace dispatch {

class LoopMoves {
  public:
    LoopMoves(const Rules &rules, const State &from, Moves<State> &moves) : rules_(rules), a_(from), moves_(moves) {}

    void all() {
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
