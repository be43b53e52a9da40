// Owns the exhaustive search: every reachable state once, breadth first, so that the first broken invariant has a short
// trace. It must never know what a state means; a model tells by successors(), goals() and describe().
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

using u8 = uint8_t;

// A fault or a wish of an operator may happen; only a step may be relied upon when a job has to end.
enum class Kind : u8 { step, fault, wish };

template <class State> class Moves {
  public:
    struct Move {
        State next;
        const char *label;
        Kind kind;
        const char *broken;
    };

    // `broken` names the invariant that this move violates, or is null.
    void step(const char *label, const State &next, const char *broken = nullptr) {
        moves_.push_back({next, label, Kind::step, broken});
    }
    void fault(const char *label, const State &next, const char *broken = nullptr) {
        moves_.push_back({next, label, Kind::fault, broken});
    }
    void wish(const char *label, const State &next, const char *broken = nullptr) {
        moves_.push_back({next, label, Kind::wish, broken});
    }
    void clear() { moves_.clear(); }
    const std::vector<Move> &all() const { return moves_; }

  private:
    std::vector<Move> moves_;
};

// What must stay reachable by steps alone from every state in which it `matters`.
template <class State> struct Goal {
    const char *broken;
    bool (*matters)(const State &);
    bool (*reached)(const State &);
};

template <class Model> class Search {
    using State = typename Model::State;
    static_assert(sizeof(State) % 8 == 0, "states are hashed by words");

  public:
    Search(Model &model, size_t limit) : model_(model), limit_(limit) { table_.assign(1 << 16, NONE); }

    // 0 nothing breaks, 1 an invariant breaks (its trace is printed), 2 the limit was reached.
    int run() {
        add(model_.initial(), NONE, "");
        Moves<State> moves;
        for (uint32_t at = 0; at < states_.size(); at++) {
            first_.push_back(targets_.size());
            moves.clear();
            model_.successors(State(states_[at]), moves);
            for (const auto &move : moves.all()) {
                uint32_t next = add(move.next, at, move.label);
                if (move.kind == Kind::step) targets_.push_back(next);
                if (move.broken) return report(move.broken, at, move.label, &move.next);
            }
            if (states_.size() > limit_) {
                std::printf("LIMIT states=%zu\n", states_.size());
                return 2;
            }
        }
        first_.push_back(targets_.size());
        for (const auto &goal : model_.goals())
            if (int status = check(goal)) return status;
        std::printf("OK states=%zu\n", states_.size());
        return 0;
    }

  private:
    static constexpr uint32_t NONE = UINT32_MAX;

    static uint64_t hash(const State &state) {
        uint64_t words[sizeof(State) / 8], h = 0x9e3779b97f4a7c15ull;
        std::memcpy(words, &state, sizeof(State));
        for (uint64_t word : words) {
            h = (h ^ word) * 0xff51afd7ed558ccdull;
            h ^= h >> 32;
        }
        return h;
    }

    uint32_t add(State state, uint32_t from, const char *label) {
        model_.canonical(state);
        size_t mask = table_.size() - 1;
        for (size_t i = hash(state) & mask;; i = (i + 1) & mask) {
            if (table_[i] == NONE) {
                table_[i] = states_.size();
                states_.push_back(state);
                parents_.push_back(from);
                labels_.push_back(label);
                if (states_.size() * 2 > table_.size()) grow();
                return states_.size() - 1;
            }
            if (!std::memcmp(&states_[table_[i]], &state, sizeof(State))) return table_[i];
        }
    }

    void grow() {
        table_.assign(table_.size() * 4, NONE);
        size_t mask = table_.size() - 1;
        for (uint32_t at = 0; at < states_.size(); at++) {
            size_t i = hash(states_[at]) & mask;
            while (table_[i] != NONE) i = (i + 1) & mask;
            table_[i] = at;
        }
    }

    // States from which steps alone reach the goal, by passes from the newest state to the oldest until nothing
    // changes.
    int check(const Goal<State> &goal) {
        std::vector<bool> ok(states_.size());
        for (bool changed = true; changed;) {
            changed = false;
            for (uint32_t at = states_.size(); at-- > 0;) {
                if (ok[at]) continue;
                bool now = goal.reached(states_[at]);
                for (size_t edge = first_[at]; !now && edge < first_[at + 1]; edge++) now = ok[targets_[edge]];
                if (now) ok[at] = changed = true;
            }
        }
        for (uint32_t at = 0; at < states_.size(); at++)
            if (!ok[at] && goal.matters(states_[at])) return report(goal.broken, at, nullptr, nullptr);
        return 0;
    }

    int report(const char *broken, uint32_t at, const char *label, const State *last) {
        std::printf("BROKEN %s states=%zu\n", broken, states_.size());
        std::vector<uint32_t> path;
        for (uint32_t i = at; parents_[i] != NONE; i = parents_[i]) path.push_back(i);
        int number = 0;
        for (size_t i = path.size(); i-- > 0;) line(++number, labels_[path[i]], states_[path[i]]);
        if (last) line(++number, label, *last);
        return 1;
    }

    void line(int number, const char *label, const State &state) {
        std::printf("%4d  %-74s %s\n", number, label, model_.describe(state).c_str());
    }

    Model &model_;
    size_t limit_;
    std::vector<State> states_;
    std::vector<uint32_t> parents_, table_, targets_;
    std::vector<const char *> labels_;
    std::vector<size_t> first_;
};
