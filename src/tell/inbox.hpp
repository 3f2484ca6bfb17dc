// Events on their way from the loop that watches to a worker: bounded, any number of writers, one reader, no
// lock.
//
// No mutex on purpose: a worker of ordinary priority that is preempted while it holds one would hold up a
// real-time loop (priority inversion). The writer allocates one small node and never waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace standstill::tell {

template <typename T>
class Inbox {
 public:
  Inbox() = default;
  ~Inbox() { take_all(); }
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  void put(T value) {
    auto node = std::make_unique<Node>(Node{std::move(value), top_.load(std::memory_order_relaxed)});
    Node* raw = node.release();
    while (
        !top_.compare_exchange_weak(raw->below, raw, std::memory_order_release, std::memory_order_relaxed)) {
    }
  }

  // Everything put so far, in order.
  std::vector<T> take_all() {
    std::vector<T> values;
    std::unique_ptr<Node> node(top_.exchange(nullptr, std::memory_order_acquire));
    while (node) {
      values.push_back(std::move(node->value));
      node.reset(node->below);
    }
    return {std::make_move_iterator(values.rbegin()), std::make_move_iterator(values.rend())};
  }

 private:
  struct Node {
    T value;
    Node* below;
  };
  std::atomic<Node*> top_{nullptr};
};

}  // namespace standstill::tell
