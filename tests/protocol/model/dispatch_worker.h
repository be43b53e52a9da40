// Owns the moves of a worker and of its lease: claim, run, commit, tell; kill, freeze, lost answers. After
// shared/jobs/worker.py, attempts.py and settlement.py.
#pragma once

#include "dispatch_index.h"

namespace dispatch {

class WorkerMoves {
  public:
    WorkerMoves(const Rules &rules, const State &from, Moves<State> &moves) : rules_(rules), a_(from), moves_(moves) {}

    void all() {
        for (int i = 0; i < 2; i++) {
            claim(i);
            run(i);
            tell(i);
            if (a_.worker[i].at != IDLE && a_.kills) {
                State b = broken();
                b.worker[i] = Work{};
                b.kills--;
                moves_.fault("FAULT worker killed", b);
            }
        }
        expire();
    }

  private:
    State broken() const {
        State b = a_;
        b.is_clean = 0;
        return b;
    }

    void claim(int i) {
        const Work &w = a_.worker[i];
        if (w.at == IDLE && a_.index.entry == QUEUED) fresh_claim(i);
        if (w.at != ASKING) return;
        State b = a_;
        int slot = b.index.granted[0] == w.token ? 0 : b.index.granted[1] == w.token ? 1 : -1;
        if (slot >= 0) b.index.granted[slot] = 0;
        Index &x = b.index;
        bool is_held = x.entry == RUNNING && x.token == w.token;
        if (slot >= 0 && (is_held || !rules_.replay_held)) {
            b.worker[i] = Work{LEASED, x.gen, w.token, x.attempts, x.check, 0};
            moves_.step("worker: asks again, gets the same answer", b, is_held ? nullptr : "lease-not-held");
        } else if (slot < 0 && x.entry == QUEUED) {
            lease(x, b.worker[i], w.token);
            moves_.step("worker: asks again, its claim was forgotten, leases afresh", b, two_holders(b));
        } else {
            b.worker[i] = Work{};
            moves_.step("worker: asks again, gets nothing", b);
        }
    }

    void fresh_claim(int i) {
        State b = a_;
        u8 token = rules_.client_tokens ? 200 + i : ++b.index.counter;
        if (token == 16) return; // enough to meet one twice
        lease(b.index, b.worker[i], token);
        bool is_after_cancel = a_.cancelled == a_.index.gen + 1 && !a_.index.check && a_.is_clean;
        moves_.step("worker: claims", b, is_after_cancel ? "cancelled-job-starts" : two_holders(b));
        if (!a_.drops) return;
        b.drops--;
        b.is_clean = 0;
        b.worker[i].at = rules_.replay ? ASKING : IDLE;
        b.worker[i] = rules_.replay ? Work{ASKING, 0, token, 0, 0, 0} : Work{};
        u8 &slot = b.index.granted[0] ? b.index.granted[1] : b.index.granted[0];
        if (rules_.replay && slot) return;
        if (rules_.replay) slot = token;
        moves_.fault("FAULT worker claims, the answer is lost", b);
    }

    const char *two_holders(const State &b) const {
        int n = 0;
        for (const Work &w : b.worker) n += w.at >= LEASED && holds(rules_, b.index, w);
        return n > 1 ? "two-holders" : nullptr;
    }

    void run(int i) {
        const Work &w = a_.worker[i];
        if (w.at == LEASED) begin(i);
        if (w.at == LEASED || w.at == BODY) {
            State b = a_;
            if (holds(rules_, b.index, w)) again(rules_, b.index, QUEUED, false);
            b.worker[i] = Work{};
            moves_.wish("WISH worker stops: job released", b);
        }
        if (w.at == STEPPING) step(i);
        if (w.at != BODY) return;
        if (rules_.is_poison) {
            to("worker: the job kills its process", i, IDLE);
            return;
        }
        if (rules_.has_step && !w.stepped) {
            enter_step(i);
            return;
        }
        to("worker: body raises", i, FAILED);
        to("worker: body snoozes", i, AGAIN);
        if (rules_.writes_database)
            commit(i);
        else
            to("worker: body ends well", i, FINISHED);
    }

    void to(const char *label, int i, Worker at) {
        State b = a_;
        if (at == IDLE)
            b.worker[i] = Work{};
        else
            b.worker[i].at = at;
        moves_.step(label, b);
    }

    void begin(int i) {
        State b = a_;
        const Work &w = a_.worker[i];
        if (w.check && !(a_.row == LIVE && a_.gen == w.gen)) {
            to("worker: row is final or newer, job is not run", i, REFUSED);
        } else {
            b.worker[i].at = BODY;
            b.worker[i].check = 0;
            bool is_second = a_.ran[w.gen] && a_.is_clean;
            moves_.step("worker: body begins", b, is_second ? "ran-twice" : nullptr);
        }
        if (w.check && a_.outages) {
            b = broken();
            b.outages--;
            b.worker[i].at = AGAIN;
            moves_.fault("FAULT PostgreSQL is away when the row is checked", b);
        }
    }

    void enter_step(int i) {
        State b = a_;
        const Work &w = a_.worker[i];
        bool is_known = rules_.step_row && a_.step_row[w.gen];
        b.worker[i].at = is_known ? BODY : STEPPING;
        b.worker[i].stepped = is_known;
        moves_.step(is_known ? "worker: step has its row, is not run" : "worker: step has no row, its writes begin", b);
    }

    void step(int i) {
        State b = a_;
        u8 gen = a_.worker[i].gen;
        if (rules_.step_row && a_.step_row[gen]) {
            to("worker: step's row is there by now, its writes are undone", i, FAILED);
            return;
        }
        b.step_row[gen] = 1;
        b.step_effects[gen]++;
        const char *twice = b.step_effects[gen] > 1 ? "step-effect-twice" : nullptr;
        b.worker[i].stepped = 1;
        b.worker[i].at = BODY;
        moves_.step("worker: step commits its writes and its row", b, twice);
        if (!a_.outages) return;
        b.outages--;
        b.is_clean = 0;
        b.worker[i].at = AGAIN;
        moves_.fault("FAULT step commits, PostgreSQL's answer is lost", b, twice);
    }

    // The finishing unit of work: domain writes and "done" together.
    void commit(int i) {
        if (a_.lock != FREE) return;
        const Work &w = a_.worker[i];
        bool is_ours = !rules_.done_generation || a_.gen == w.gen;
        if (rules_.done && !(a_.row == LIVE && is_ours)) {
            to("worker: PostgreSQL refuses the commit", i, REFUSED);
            return;
        }
        State b = a_;
        const char *violated = commit_effect(b, w.gen);
        b.worker[i].at = COMMITTED;
        moves_.step("worker: commits its writes and done", b, violated);
        if (!a_.outages) return;
        b.is_clean = 0;
        b.outages--;
        b.worker[i].at = AGAIN;
        moves_.fault("FAULT worker commits, PostgreSQL's answer is lost", b, violated);
        b = broken();
        b.outages--;
        b.worker[i].at = AGAIN;
        b.lock = IN_FLIGHT;
        b.flight = w.gen + 1;
        moves_.fault("FAULT worker gives up on a commit that is still under way", b);
    }

  public:
    static const char *commit_effect(State &b, u8 gen) {
        const char *violated = nullptr;
        if (b.gen != gen) violated = "stale-generation-commits";
        if (b.cancelled == gen + 1) violated = "cancelled-job-commits";
        if (b.row > COMPLETED && b.gen == gen) violated = "terminal-flips";
        if (++b.effects[gen] > 1) violated = "effect-twice";
        b.row = COMPLETED;
        b.ran[gen] = 1;
        return violated;
    }

  private:
    // The last write about an attempt goes to Redis under its token; when its answer is lost it is made again.
    void tell(int i) {
        const Work &w = a_.worker[i];
        if (w.at < COMMITTED) return;
        State b = a_;
        const char *label = "worker: its token is gone, nothing is written";
        const char *violated = nullptr;
        if (holds(rules_, b.index, w)) {
            if (b.index.token != w.token) violated = "two-holders";
            label = write_end(b, w);
            if (b.alarms[w.gen] > 1) violated = "alarm-twice";
        } else if (a_.is_clean) {
            violated = "own-write-refused";
        }
        if (a_.drops && holds(rules_, a_.index, w)) {
            State c = b;
            c.drops--;
            c.is_clean = 0;
            moves_.fault("FAULT worker writes its end, the answer is lost", c, violated);
        }
        b.worker[i] = Work{};
        moves_.step(label, b, violated);
    }

    const char *write_end(State &b, const Work &w) {
        switch (w.at) {
        case COMMITTED:
            entomb(rules_, b.index, b.index.gen);
            return "worker: complete, settled already";
        case FINISHED:
            b.ran[w.gen] = 1;
            conclude(rules_, b.index, DONE);
            return "worker: complete, outcome record is kept";
        case REFUSED:
            drop(rules_, b.index, w.gen, true);
            return "worker: drops the job it holds";
        case AGAIN:
            again(rules_, b.index, DELAYED, false);
            return "worker: later, no attempt spent";
        default:
            if (b.index.attempts < rules_.attempts_max) {
                again(rules_, b.index, DELAYED, true);
                return "worker: retry";
            }
            if (!rules_.alarm) b.alarms[w.gen]++;
            conclude(rules_, b.index, BURIED);
            return "worker: bury";
        }
    }

    // The reaper; a lease that a live worker heartbeats only expires when that worker is frozen.
    void expire() {
        if (a_.index.entry != RUNNING) return;
        bool is_held = false;
        for (const Work &w : a_.worker) is_held |= w.at != IDLE && w.token == a_.index.token;
        if (is_held && !a_.freezes) return;
        State b = is_held ? broken() : a_;
        b.freezes -= is_held;
        reclaim(rules_, b.index);
        bool is_invented =
            !rules_.is_poison && a_.kills == rules_.kills && a_.freezes == rules_.freezes && a_.losses == rules_.losses;
        if (is_held)
            moves_.fault("FAULT worker frozen, its lease expires, reaper", b);
        else
            moves_.step("reaper: lease expired", b, is_invented ? "crash-invented" : nullptr);
    }

    const Rules &rules_;
    const State &a_;
    Moves<State> &moves_;
};

} // namespace dispatch
