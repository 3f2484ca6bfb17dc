// A value that copies share until one of them changes it.
//
// Copies may live in different threads: each thread may read its own copy, and own() clones unless this copy
// is the only one. The acquire in unique() pairs with the release of the last other owner
// (std::shared_ptr::use_count() has no such pairing, which is why it is not used here).
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace standstill::layout {

template <class T>
class Cow {
  struct Box {
    std::atomic<std::uint32_t> owners{1};
    T value{};
  };

 public:
  Cow() = default;
  Cow(const Cow& other) : box_(other.box_) {
    if (box_ != nullptr) box_->owners.fetch_add(1, std::memory_order_relaxed);
  }
  Cow(Cow&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Cow& operator=(Cow other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Cow() {
    if (box_ != nullptr && box_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete box_;
  }

  [[nodiscard]] const T* get() const { return box_ != nullptr ? &box_->value : nullptr; }
  // For changing: makes the value when there is none, clones it when others share it.
  [[nodiscard]] T& own() {
    if (box_ == nullptr) {
      box_ = new Box;
    } else if (!unique()) {
      auto* mine = new Box;
      mine->value = box_->value;
      *this = Cow(mine);
    }
    return box_->value;
  }

 private:
  explicit Cow(Box* box) : box_(box) {}
  [[nodiscard]] bool unique() const { return box_->owners.load(std::memory_order_acquire) == 1; }

  Box* box_ = nullptr;
};

}  // namespace standstill::layout
