// What comes many times is read once: a stop comes by the server and by datagram, three times there, and
// again every two seconds while it stands; the list of paths is asked for all the time and changes hardly
// ever.
//
// One for a member; the simulated stations of one process share one. Not for several threads.
#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "link/datagram.hpp"
#include "wire/estop/direct.hpp"
#include "wire/estop/message.hpp"

namespace standstill::station {

class Reader {
 public:
  using Text = std::expected<std::string, std::string>;
  struct Others {
    std::vector<estop::Path> paths;
    std::vector<link::Address>
        addresses;  // of the paths in their order; those without a usable one are left out
    std::vector<std::string> instances;  // whose they are
  };
  explicit Reader(estop::Keys keys) : keys_(std::move(keys)) {}

  [[nodiscard]] const estop::HeardStop& stop(const std::string& text, bool straight);
  // The text of the newest, to keep without a copy.
  [[nodiscard]] const std::shared_ptr<const std::string>& stop_text() const { return stop_text_; }
  // The stop inside of it; the error is a sentence.
  [[nodiscard]] const Text& datagram(std::string_view text);
  [[nodiscard]] std::expected<std::shared_ptr<const Others>, std::string> paths(const std::string& text);
  [[nodiscard]] static std::shared_ptr<const Others> others(std::vector<estop::Path> paths);

 private:
  estop::Keys keys_;
  std::shared_ptr<const std::string> stop_text_;
  std::string datagram_text_, paths_text_;
  estop::HeardStop stop_;
  Text datagram_;
  std::shared_ptr<const Others> paths_;
};

}  // namespace standstill::station
