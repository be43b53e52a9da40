// Owns the history model: what the stream tells PostgreSQL (rules 7, 11), with cut logs, redelivery and a dying writer.
// After maintenance/ledger_writer.py, ledger.py: apply() and settler.py. An attempt is a bit in the masks below.
#pragma once

#include "options.h"
#include "search.h"

namespace history {

enum Row : u8 { LIVE, COMPLETED, DEAD };
enum Entry : u8 { NOTHING, QUEUED, RUNNING, DONE, BURIED };
enum Event : u8 { NONE, STARTED, FAILED, ENDED_WELL, ENDED_DEAD };

struct Told {
    u8 kind, gen, attempt, sequence;
};

struct Index {
    u8 entry, gen, attempt, sequence, length, pad;
    Told stream[3]; // what the group has not acknowledged, oldest first
};

struct State {
    Index index, saved;
    u8 has_saved;
    u8 row, gen, shown; // shown: the live state a list shows: 0 queued, 1 running
    u8 attempts;        // mask of attempt rows
    u8 count;           // attempts as a counter would have them
    u8 claims, owed;    // attempts claimed so far; mask of those claimed since the last fault
    u8 writer;          // 1 has read the head of the stream, 2 has applied it
    Told read;
    u8 cursor, settler, ran, losses, crashes, requeues, fails, is_clean, trimmed;
    u8 pad[6];
};
static_assert(sizeof(State) == 64, "no padding that memcmp would see");

class Model {
  public:
    using State = history::State;

    explicit Model(Options &o)
        : losses_(o.number("losses", 0)), crashes_(o.number("crashes", 0)), requeues_(o.number("requeues", 0)),
          informs_(o.rule("7.informs")), group_(o.rule("7.group")), live_only_(o.rule("7.live")),
          own_generation_(o.rule("7.generation")), upsert_(o.rule("11.upsert")) {}

    State initial() const {
        State s{};
        s.index.entry = QUEUED;
        s.losses = losses_;
        s.crashes = crashes_;
        s.requeues = requeues_;
        s.fails = 2;
        s.is_clean = 1;
        return s;
    }

    void canonical(State &) const {}

    void successors(const State &a, Moves<State> &moves) const {
        worker(a, moves);
        settler(a, moves);
        writer(a, moves);
        repairs(a, moves);
        faults(a, moves);
    }

    std::vector<Goal<State>> goals() const {
        auto always = [](const State &) { return true; };
        auto is_final = [](const State &s) { return s.row != LIVE; };
        auto is_read = [](const State &s) { return s.row != LIVE && s.index.length == 0 && !s.writer; };
        return {{"job-stuck", always, is_final}, {"history-stuck", always, is_read}};
    }

    std::string describe(const State &s) const {
        static const char *rows[] = {"live", "completed", "dead"};
        static const char *entries[] = {"-", "queued", "running", "done+record", "dead+record"};
        char text[160];
        std::snprintf(text, sizeof text, "row=%s/g%d shown=%s index=%s/g%d events=%d attempt rows=%x claims=%d",
                      rows[s.row], s.gen + 1, s.shown ? "running" : "queued", entries[s.index.entry], s.index.gen + 1,
                      s.index.length, s.attempts, s.claims);
        return text;
    }

  private:
    // A full stream: the product trims at 10,000; here the transition waits, unless outcomes travel by the stream.
    bool tell(State &b, u8 kind) const {
        Index &x = b.index;
        if (x.length == 3 && informs_) return false;
        if (x.length == 3) {
            for (int i = 0; i < 2; i++) x.stream[i] = x.stream[i + 1];
            x.length = 2;
        }
        x.stream[x.length++] = Told{kind, x.gen, x.attempt, ++x.sequence};
        return true;
    }

    void worker(const State &a, Moves<State> &moves) const {
        State b = a;
        if (a.index.entry == QUEUED && a.claims < 6) {
            b.index.entry = RUNNING;
            b.index.attempt = b.claims++;
            b.owed |= 1 << b.index.attempt;
            if (tell(b, STARTED))
                moves.step("worker: claims, `started`", b, a.ran && a.is_clean ? "ran-twice" : nullptr);
        }
        if (a.index.entry != RUNNING) return;
        for (bool is_well : {true, false}) {
            b = a;
            b.ran |= is_well;
            if (!tell(b, is_well ? ENDED_WELL : ENDED_DEAD)) continue;
            b.index.entry = !informs_ ? NOTHING : is_well ? DONE : BURIED;
            moves.step(is_well ? "worker: completes" : "worker: buries", b);
        }
        b = a;
        if (!a.fails) return;
        b.fails--;
        b.index.entry = QUEUED;
        if (tell(b, FAILED)) moves.step("worker: fails, `retrying`", b);
    }

    static u8 fingerprint(const Index &x) { return 1 + x.entry * 2 + x.gen; }

    void settler(const State &a, Moves<State> &moves) const {
        State b = a;
        if (!a.settler && (a.index.entry == DONE || a.index.entry == BURIED)) {
            b.settler = fingerprint(a.index);
            if (b.row == LIVE && b.gen == a.index.gen) b.row = a.index.entry == DONE ? COMPLETED : DEAD;
            moves.step("settler: commits the outcome record", b);
        } else if (a.settler) {
            b.settler = 0;
            if (fingerprint(a.index) == a.settler) b.index.entry = NOTHING;
            moves.step("settler: lets the entry go", b);
        }
    }

    void writer(const State &a, Moves<State> &moves) const {
        State b = a;
        if (!a.writer && a.index.length) {
            b.writer = 1;
            b.read = a.index.stream[0];
            moves.step("history: reads an event", b);
        } else if (a.writer == 1) {
            b.writer = 2;
            const char *violated = apply(b, a.read);
            moves.step("history: applies and commits it", b, violated);
        } else if (a.writer == 2) {
            b.writer = 0;
            b.read = Told{};
            Index &x = b.index;
            if (x.length && x.stream[0].sequence == a.read.sequence && x.stream[0].attempt == a.read.attempt) {
                for (int i = 0; i < 2; i++) x.stream[i] = x.stream[i + 1];
                x.stream[2] = Told{};
                x.length--;
            }
            bool is_quiet = !x.length && !b.writer;
            const char *violated = is_quiet && (b.owed & ~b.attempts) ? "attempt-unrecorded" : nullptr;
            if (a.is_clean && is_quiet && b.count != a.claims) violated = "attempts-miscounted";
            if (a.count > a.claims) violated = "attempts-miscounted";
            moves.step("history: acknowledges it", b, violated);
        }
    }

    const char *apply(State &b, const Told &event) const {
        if (!group_ && event.sequence <= b.cursor) return nullptr;
        b.cursor = group_ ? 0 : event.sequence;
        if (event.kind == STARTED) {
            bool is_known = b.attempts >> event.attempt & 1;
            b.attempts |= 1 << event.attempt;
            if (!upsert_ || !is_known) b.count++;
        }
        bool is_ours = event.gen == b.gen;
        if (!is_ours && own_generation_) return nullptr;
        if (b.row != LIVE && live_only_) return nullptr;
        if (!informs_ && event.kind >= ENDED_WELL) {
            u8 row = event.kind == ENDED_WELL ? COMPLETED : DEAD;
            const char *violated = !is_ours                        ? "generation-swallowed"
                                   : b.row != LIVE && b.row != row ? "terminal-flips"
                                                                   : nullptr;
            b.row = row;
            return violated;
        }
        if (event.kind >= ENDED_WELL) return nullptr;
        if (!is_ours) return "history-of-another-generation";
        if (b.row != LIVE) {
            b.row = LIVE;
            return "terminal-flips";
        }
        b.shown = event.kind == STARTED;
        return nullptr;
    }

    void repairs(const State &a, Moves<State> &moves) const {
        State b = a;
        if (a.row == LIVE && (a.index.entry == NOTHING || (a.index.gen < a.gen && a.index.entry != RUNNING)) &&
            a.claims < 6) {
            b.index.entry = QUEUED;
            b.index.gen = a.gen;
            moves.step("reconciler: pushes what is missing", b);
        }
        b = a;
        if ((a.index.entry == QUEUED || a.index.entry == RUNNING) && (a.row != LIVE || a.gen > a.index.gen)) {
            b.index.entry = NOTHING;
            moves.step("reconciler: drops a stray", b);
        }
        b = a;
        if (a.requeues && a.row != LIVE && !a.gen) {
            b.requeues--;
            b.gen = 1;
            b.row = LIVE;
            b.ran = b.shown = 0;
            moves.wish("WISH requeue: a new generation", b);
        }
    }

    void faults(const State &a, Moves<State> &moves) const {
        State b = a;
        b.is_clean = 0;
        if (a.writer && a.crashes) {
            b.crashes--;
            b.writer = 0;
            b.read = Told{};
            moves.fault("FAULT history's process dies", b);
        }
        if (!a.losses) return;
        b = a;
        if (!a.has_saved) {
            b.saved = a.index;
            b.has_saved = 1;
            moves.fault("(Redis' log reaches the disk)", b);
        }
        b.is_clean = b.owed = b.has_saved = b.settler = 0;
        b.losses--;
        b.index = b.saved = Index{};
        moves.fault("FAULT Redis loses everything", b);
        if (!a.has_saved) return;
        b.index = a.saved;
        moves.fault("FAULT Redis restarts without the end of its log", b);
    }

    int losses_, crashes_, requeues_;
    bool informs_, group_, live_only_, own_generation_, upsert_;
};

} // namespace history
