#include "config/tree.hpp"

#include <array>
#include <utility>

namespace standstill::config {

const Member* Table::find(std::string_view name) const {
  for (const Member& member : members)
    if (member.name == name) return &member;
  return nullptr;
}

Member* Table::find(std::string_view name) {
  for (Member& member : members)
    if (member.name == name) return &member;
  return nullptr;
}

std::string_view shape_name(const Value& value) {
  static constexpr std::array<std::string_view, 7> names{
      "a text", "a whole number", "a number", "true or false", "a list", "a table", "a date"};
  return names[value.data.index()];
}

namespace {

bool is_list_of_tables(const Value& value) {
  const List* list = value.as<List>();
  if (list == nullptr || list->empty()) return false;
  for (const Value& element : *list)
    if (element.as<Table>() == nullptr) return false;
  return true;
}

void merge_at(Table& into, Table more, const std::string& path, std::vector<Problem>& problems) {
  for (Member& member : more.members) {
    Member* old = into.find(member.name);
    if (old == nullptr) {
      into.members.push_back(std::move(member));
      continue;
    }
    const std::string name = path.empty() ? member.name : path + "." + member.name;
    if (old->value.as<Table>() != nullptr && member.value.as<Table>() != nullptr) {
      merge_at(*old->value.as<Table>(), std::move(*member.value.as<Table>()), name, problems);
    } else if (path.empty() && is_list_of_tables(old->value) && is_list_of_tables(member.value)) {
      for (Value& element : *member.value.as<List>()) old->value.as<List>()->push_back(std::move(element));
    } else {
      problems.push_back({Fault::defined_twice, member.where,
                          "'" + name + "' is already set at " + to_string(old->where),
                          "keep one of the two, files of standstill.d add and never replace"});
    }
  }
}

}  // namespace

void merge(Table& into, Table more, std::vector<Problem>& problems) {
  merge_at(into, std::move(more), "", problems);
}

}  // namespace standstill::config
