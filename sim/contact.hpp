// The contact inside a simulated relay: what it was told, and what it really does.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "kernel/time.hpp"

namespace standstill::sim {

class Contact {
 public:
  using Changed = std::function<void(bool energised)>;

  explicit Contact(Instant now) : since_(now) {}

  // The coil is told to pull or to drop. A welded contact stays as it is, and the relay still answers as if
  // it had.
  void tell(bool on, Instant now);
  void weld(bool stuck) { stuck_ = stuck; }
  void on_change(Changed changed) { listeners_.push_back(std::move(changed)); }

  [[nodiscard]] bool energised() const { return energised_; }  // the truth, as an independent sensor sees it
  [[nodiscard]] bool told() const { return told_; }
  [[nodiscard]] Instant last_write() const {
    return last_write_;
  }  // when the relay last read a command; Instant{}: never
  // {"state","told","since_ns","switches","writes","last_write_ns","stuck"}; times in boot ns.
  [[nodiscard]] nlohmann::json status() const;

 private:
  bool energised_ = false;
  bool told_ = false;
  bool stuck_ = false;
  Instant since_;
  Instant last_write_{};
  std::uint64_t switches_ = 0;
  std::uint64_t writes_ = 0;
  std::vector<Changed> listeners_;
};

}  // namespace standstill::sim
