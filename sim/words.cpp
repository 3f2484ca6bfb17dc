#include "sim/words.hpp"

#include <charconv>
#include <nlohmann/json.hpp>

namespace standstill::sim {

using Result = std::expected<nlohmann::json, std::string>;

std::optional<int> number(const Words& words, std::size_t at, int least, int most) {
  if (words.size() <= at) return std::nullopt;
  const std::string& word = words[at];
  int value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < least || value > most)
    return std::nullopt;
  return value;
}

Commands::Run on_off(std::function<void(bool)> apply) {
  return [apply = std::move(apply)](const Words& words) -> Result {
    if (words.size() != 1 || (words[0] != "on" && words[0] != "off")) return std::unexpected("say on or off");
    apply(words[0] == "on");
    return nlohmann::json::object();
  };
}

Commands::Run milliseconds(std::function<void(Duration)> apply) {
  return [apply = std::move(apply)](const Words& words) -> Result {
    const auto count = number(words, 0, 0, 600'000);
    if (words.size() != 1 || !count) return std::unexpected("say how many milliseconds, 0 to 600000");
    apply(std::chrono::milliseconds(*count));
    return nlohmann::json::object();
  };
}

}  // namespace standstill::sim
