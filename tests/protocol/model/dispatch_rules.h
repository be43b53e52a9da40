// Owns the switches and bounds of the dispatch model. The table in ../README.md says which product file keeps each rule.
#pragma once

#include "options.h"

namespace dispatch {

struct Rules {
    int attempts_max, crashes_max;
    int losses, kills, freezes, crashes, outages, drops, requeues, cancels; // budgets of faults and wishes
    bool writes_database, has_step, is_poison;
    bool terminal, alarm, done, done_generation, step_row, settle_generation, drop_generation, present, record_present,
        relay_lock, reconciler_lock, deadline, tombstone, cancel_tombstone, requeue_checks, record, record_keeps,
        settle_compares, client_tokens, compare_tokens, replay, replay_held, reconcile, doom, cancel_row_first,
        requeue_final, count_crashes;

    explicit Rules(Options &o)
        : attempts_max(o.number("attempts_max", 2)), crashes_max(o.number("crashes_max", 3)),
          losses(o.number("losses", 0)), kills(o.number("kills", 0)), freezes(o.number("freezes", 0)),
          crashes(o.number("crashes", 0)), outages(o.number("outages", 0)), drops(o.number("drops", 0)),
          requeues(o.number("requeues", 0)), cancels(o.number("cancels", 0)), writes_database(o.number("database", 1)),
          has_step(o.number("step", 0)), is_poison(o.number("poison", 0)), terminal(o.rule("1.terminal")),
          alarm(o.rule("1.alarm")), done(o.rule("2.done")), done_generation(o.rule("2.generation")),
          step_row(o.rule("2.step")), settle_generation(o.rule("3.settle")), drop_generation(o.rule("3.drop")),
          present(o.rule("4.present")), record_present(o.rule("4.record")), relay_lock(o.rule("5.relay")),
          reconciler_lock(o.rule("5.reconciler")), deadline(o.rule("5.deadline")), tombstone(o.rule("5.tombstone")),
          cancel_tombstone(o.rule("5.cancel")), requeue_checks(o.rule("5.requeued")), record(o.rule("6.record")),
          record_keeps(o.rule("6.keep")), settle_compares(o.rule("6.compare")), client_tokens(o.rule("8.client")),
          compare_tokens(o.rule("8.compare")), replay(o.rule("8.replay")), replay_held(o.rule("8.held")),
          reconcile(o.rule("9.reconcile")), doom(o.rule("10.doom")), cancel_row_first(o.rule("15.cancel")),
          requeue_final(o.rule("15.requeue")), count_crashes(o.rule("crash.count")) {}
};

} // namespace dispatch
