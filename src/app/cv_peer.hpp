// Who `standstill cv` talks to: an engine's telemetry line, or a command station's programming track.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "app/cv_options.hpp"

namespace standstill::app {

class CvPeer {
 public:
  virtual ~CvPeer() = default;

  // As people write it ("13.25"). The error is a sentence: nobody answers, or there is no such variable.
  [[nodiscard]] virtual std::expected<std::string, std::string> get(std::uint32_t number) = 0;

  struct Written {
    bool done = false;
    std::string answer;  // a sentence in either case
  };
  // An error when nobody answers; what is refused is an answer.
  [[nodiscard]] virtual std::expected<Written, std::string> set(std::uint32_t number,
                                                                const std::string& value) = 0;
};

using CvConnection = std::expected<std::unique_ptr<CvPeer>, int>;  // the error is an exit code, and said
[[nodiscard]] CvConnection connect_line(const CvOptions& options);
[[nodiscard]] CvConnection connect_programming(const CvOptions& options);

}  // namespace standstill::app
