#include "plant/layout/document.hpp"

#include <algorithm>

namespace standstill::layout {

namespace {

using Json = Document::Json;

template <class Any>
std::string dumped(const Any& value, int indent) {
  return value.dump(indent, ' ', false, Any::error_handler_t::replace);
}

std::string text_of(const Json& value, int indent, Document::Order order) {
  return order == Document::Order::by_name ? dumped(nlohmann::json(value), indent) : dumped(value, indent);
}

// The line breaks of one document, written at some depth of another.
class Lines {
 public:
  Lines(const Document::Sink& sink, int indent, int depth) : sink_(sink), indent_(indent), depth_(depth) {}

  void line(int deeper) const {
    if (indent_ < 0) return;
    sink_("\n" + std::string(static_cast<std::size_t>((depth_ + deeper) * indent_), ' '));
  }
  // A line end never stands inside a JSON string, so each is one between two lines.
  void nested(std::string_view text, int deeper) const {
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      sink_(text.substr(0, end));
      line(deeper);
      text.remove_prefix(end + 1);
    }
    sink_(text);
  }

 private:
  const Document::Sink& sink_;
  int indent_;
  int depth_;
};

// '[' … ']' around what `each` hands over one by one to be written.
template <class Each>
void write_array(const Document::Sink& sink, const Lines& lines, const Each& each) {
  bool any = false;
  sink("[");
  each([&](const auto& write_one) {
    if (std::exchange(any, true)) sink(",");
    lines.line(2);
    write_one();
  });
  if (any) lines.line(1);
  sink("]");
}

Json kept(Json item, const Document::Keep& keep) {
  if (!item.is_object()) return item;
  Json rest = Json::object();
  for (auto& [name, value] : item.items())
    if (keep(3, name)) rest[name] = std::move(value);
  return rest;
}

}  // namespace

void Document::put(std::string_view name, Value value) {
  for (auto& member : members_)
    if (member.name == name) {
      member.value = std::move(value);
      return;
    }
  members_.push_back({std::string(name), std::move(value)});
}

void Document::add(std::string_view name, Document document) {
  for (auto& member : members_)
    if (auto* documents = std::get_if<std::vector<Document>>(&member.value);
        documents != nullptr && member.name == name)
      return documents->push_back(std::move(document));
  std::vector<Document> first;
  first.push_back(std::move(document));
  put(name, std::move(first));
}

void Document::take(Document other) {
  for (auto& member : other.members_) put(member.name, std::move(member.value));
}

bool Document::contains(std::string_view name) const {
  return std::ranges::any_of(members_, [&](const Member& member) { return member.name == name; });
}

void Document::write(const Sink& sink, int indent, Order order, int depth) const {
  std::vector<const Member*> members;
  for (const auto& member : members_) members.push_back(&member);
  if (order == Order::by_name) std::ranges::sort(members, {}, [](const Member* one) { return one->name; });
  if (members.empty()) return sink("{}");
  const Lines lines(sink, indent, depth);
  const char* before = "{";
  for (const Member* member : members) {
    sink(std::exchange(before, ","));
    lines.line(1);
    sink(dumped(Json(member->name), -1) + (indent < 0 ? ":" : ": "));
    if (const auto* value = std::get_if<Json>(&member->value)) {
      lines.nested(text_of(*value, indent, order), 1);
    } else if (const auto* items = std::get_if<Items>(&member->value)) {
      write_array(sink, lines, [&](const auto& one) {
        (*items)([&](const Json& item) { one([&] { lines.nested(text_of(item, indent, order), 2); }); });
      });
    } else {
      write_array(sink, lines, [&](const auto& one) {
        for (const auto& document : std::get<std::vector<Document>>(member->value))
          one([&] { document.write(sink, indent, order, depth + 2); });
      });
    }
  }
  lines.line(0);
  sink("}");
}

std::string Document::text(int indent, Order order) const {
  std::string all;
  write([&](std::string_view bytes) { all += bytes; }, indent, order);
  return all;
}

Document::Json Document::whole(const Keep& keep) const {
  Json all = Json::object();
  for (const auto& member : members_) {
    if (keep && !keep(1, member.name)) continue;
    if (const auto* value = std::get_if<Json>(&member.value)) {
      all[member.name] = *value;
      continue;
    }
    Json& list = all[member.name] = Json::array();
    if (const auto* items = std::get_if<Items>(&member.value))
      (*items)([&](Json item) { list.push_back(keep ? kept(std::move(item), keep) : std::move(item)); });
    else
      for (const auto& document : std::get<std::vector<Document>>(member.value))
        list.push_back(document.whole());
  }
  return all;
}

}  // namespace standstill::layout
