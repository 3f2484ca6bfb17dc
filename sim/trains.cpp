#include "sim/trains.hpp"

#include <algorithm>
#include <pugixml.hpp>
#include <utility>

#include "sim/rocrail_layout.hpp"
#include "sim/xml_text.hpp"

namespace standstill::sim {

namespace {
constexpr int progress_a_centimetre = 10;  // a 200 cm block at V=50 and ten steps a second takes 4 s
}

Trains::Trains(const RocrailLayout& layout, std::uint32_t seed) : random_(seed) {
  std::unordered_map<std::string, std::string> placed;
  for (const auto& block : layout.list("bk").children("bk")) {
    const std::string id = block.attribute("id").value();
    lengths_[id] = std::max(20, block.attribute("len").as_int(200)) * progress_a_centimetre;
    if (*block.attribute("locid").value() != '\0') placed[block.attribute("locid").value()] = id;
  }
  for (const auto& sensor : layout.list("fb").children("fb")) {
    const std::string block = sensor.attribute("blockid").value();
    if (!block.empty()) sensors_.emplace(block, sensor.attribute("id").value());
  }
  for (const auto& point : layout.list("sw").children("sw")) {
    points_[point.attribute("id").value()] = point.attribute("state").value();
  }
  for (const auto& route : layout.list("st").children("st")) {
    Way way{route.attribute("id").value(), route.attribute("bkb").value(), {}};
    for (const auto& step : route.children("swcmd")) {
      way.points.emplace_back(step.attribute("id").value(), step.attribute("cmd").value());
    }
    if (lengths_.contains(way.to)) ways_[route.attribute("bka").value()].push_back(std::move(way));
  }
  for (const auto& loco : layout.list("lc").children("lc")) {
    Train train;
    train.loco = loco.attribute("id").value();
    train.speed = loco.attribute("V").as_int();
    train.block = loco.attribute("blockid").value();
    if (const auto found = placed.find(train.loco); found != placed.end()) train.block = found->second;
    if (lengths_.contains(train.block)) trains_.push_back(std::move(train));
  }
}

void Trains::drive(const std::string& loco, int speed) {
  for (auto& train : trains_) {
    if (train.loco == loco) train.speed = speed;
  }
}

const Trains::Way* Trains::way_of(const Train& train) const {
  const auto from = ways_.find(train.block);
  if (from == ways_.end()) return nullptr;
  const auto lies = [this](const auto& wanted) {
    const auto found = points_.find(wanted.first);
    return found != points_.end() && found->second == wanted.second;
  };
  for (const auto& way : from->second) {
    if (!train.route.empty() && way.id == train.route) return &way;
  }
  for (const auto& way : from->second) {
    if (std::ranges::all_of(way.points, lies)) return &way;
  }
  return nullptr;
}

bool Trains::occupied(std::string_view block, const Train& by_other_than) const {
  return std::ranges::any_of(trains_, [&](const Train& other) {
    return other.loco != by_other_than.loco && (other.block == block || other.destination == block);
  });
}

void Trains::sensor(std::string_view block, bool on, RocrailLayout* server) const {
  const auto found = sensors_.find(std::string(block));
  if (found == sensors_.end() || server == nullptr) return;
  if (const auto node = server->find("fb", found->second)) server->set_feedback(node, on);
}

void Trains::step(RocrailLayout* server) {
  for (auto& train : trains_) {
    if (server != nullptr && server->automatic() && server->power() && !server->halted())
      dispatch(train, *server);
    if (supply_ && station_power_ && train.speed > 0) move(train, server);
  }
}

void Trains::move(Train& train, RocrailLayout* server) {
  const int length = lengths_.at(train.block);
  train.progress += train.speed;
  if (train.destination.empty() && train.progress * 2 >= length) enter(train, server);
  if (!train.destination.empty() && train.progress >= length) arrive(train, server);
}

void Trains::enter(Train& train, RocrailLayout* server) {
  const Way* way = way_of(train);
  if (way == nullptr) {  // the end of the line: a buffer stop, not a disaster
    halt(train, server);
    return;
  }
  if (occupied(way->to, train)) {
    ++collisions_;
    halt(train, server);
    return;
  }
  train.destination = way->to;
  ++moves_;
  sensor(train.destination, true, server);
  if (server == nullptr || train.route.empty()) return;
  auto block = server->find("bk", train.destination);
  put(block, "entering", "true");
  server->report_block(block);
}

void Trains::halt(Train& train, RocrailLayout* server) {
  train.speed = 0;
  train.progress = 0;
  if (server == nullptr) return;
  if (auto loco = server->find("lc", train.loco)) server->set_speed(loco, 0);
}

void Trains::arrive(Train& train, RocrailLayout* server) {
  const std::string left = std::exchange(train.block, std::exchange(train.destination, {}));
  const std::string route = std::exchange(train.route, {});
  train.progress = 0;
  if (server == nullptr) return;
  sensor(left, false, server);
  auto loco = server->find("lc", train.loco);
  // A server that restarted with old positions does not know whose wheels these are.
  if (!loco || left != loco.attribute("blockid").value()) return;
  server->place(loco, train.block);
  auto reached = server->find("bk", train.block);
  for (const char* name : {"reserved", "entering"}) put(reached, name, "false");
  put(loco, "destblockid", "");
  if (const auto locked = server->find("st", route)) server->set_route(locked, 0);
  if (auto behind = server->find("bk", left)) {
    server->report_signal_of(behind, "red");
    server->report_block(behind);
  }
  server->report_block(reached);
  server->report_loco(loco);
  dispatch(train, *server);
  if (train.route.empty() && server->automatic()) server->set_speed(loco, 0);
}

void Trains::dispatch(Train& train, RocrailLayout& server) {
  auto loco = server.find("lc", train.loco);
  if (!loco || !train.route.empty() || !train.destination.empty()) return;
  if (train.block != loco.attribute("blockid").value() || !server.automatic()) return;
  if (std::string_view("auto") != loco.attribute("mode").value()) return;
  const auto from = ways_.find(train.block);
  if (from == ways_.end()) return;
  std::vector<const Way*> open;
  for (const auto& way : from->second) {
    const auto block = server.find("bk", way.to);
    const bool is_free = std::string_view("closed") != block.attribute("state").value() &&
                         *block.attribute("locid").value() == '\0' && !block.attribute("reserved").as_bool();
    // No route is set over points another locked route lies on.
    const bool is_clear = std::ranges::none_of(way.points, [&](const auto& point) {
      return std::ranges::any_of(trains_, [&](const Train& other) {
        const Way* taken = other.route.empty() ? nullptr : way_of(other);
        return taken != nullptr && std::ranges::any_of(taken->points, [&](const auto& theirs) {
                 return theirs.first == point.first;
               });
      });
    });
    if (is_free && is_clear && !occupied(way.to, train)) open.push_back(&way);
  }
  if (open.empty()) return;
  const Way& way = *open[random_() % open.size()];
  train.route = way.id;
  train.progress = 0;
  auto target = server.find("bk", way.to);
  put(target, "reserved", "true");
  put(loco, "destblockid", way.to);
  server.report_block(target);
  for (const auto& [id, position] : way.points) {
    const auto point = server.find("sw", id);
    if (point && position != point.attribute("state").value()) server.set_switch(point, position);
  }
  if (const auto route = server.find("st", way.id)) server.set_route(route, 1);
  server.report_signal_of(server.find("bk", train.block), "green");
  server.set_speed(loco, std::clamp(loco.attribute("V_mid").as_int(50), 1, 100));
}

void Trains::server_restarted() {
  for (auto& train : trains_) train.route.clear();
}

void Trains::report_all(RocrailLayout& server) {
  for (const auto& train : trains_) {
    auto loco = server.find("lc", train.loco);
    const std::string before = loco.attribute("blockid").value();
    if (!loco || before == train.block) continue;
    sensor(before, false, &server);
    sensor(train.block, true, &server);
    server.place(loco, train.block);
    if (const auto left = server.find("bk", before)) server.report_block(left);
    if (const auto block = server.find("bk", train.block)) server.report_block(block);
    server.report_loco(loco);
  }
}

}  // namespace standstill::sim
