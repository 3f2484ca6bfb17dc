#include "plant/layout/object.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace standstill::layout {

namespace {

NameId id_name() {
  static const NameId id = intern("id");
  return id;
}
NameId iid_name() {
  static const NameId id = intern("iid");
  return id;
}
NameId z_name() {
  static const NameId id = intern("z");
  return id;
}

NameId identifying(Kind kind) {
  switch (kind) {
    case Kind::state:
      return iid_name();
    case Kind::zlevel:
      return z_name();
    case Kind::clock:
    case Kind::automatic:
    case Kind::exception:
    case Kind::sys:
    case Kind::plan:
      return no_name;  // there is one
    default:
      return id_name();
  }
}

}  // namespace

Kind kind_of(std::string_view element) {
  for (std::size_t i = 0; i < kind_count; ++i)
    if (kind_names[i] == element) return static_cast<Kind>(i);
  return Kind::other;
}

Object::Raw Object::raw(std::size_t i) const {
  Raw result{};
  std::memcpy(&result, blob_.get() + i * sizeof(Raw), sizeof(Raw));
  return result;
}

std::string_view Object::value(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : raw(i - 1).end;
  return {blob_.get() + values_at() + begin, raw(i).end - begin};
}

Object::Entry Object::entry(std::size_t i) const {
  const Raw what = raw(i);
  return {what.part, name_text(what.name), value(i)};
}

std::optional<std::string_view> Object::find(std::string_view attribute) const {
  for (std::size_t i = 0; i < attributes_; ++i)
    if (name_text(raw(i).name) == attribute) return value(i);
  return std::nullopt;
}

std::string_view Object::get(std::string_view attribute, std::string_view otherwise) const {
  return find(attribute).value_or(otherwise);
}

std::int64_t Object::number(std::string_view attribute, std::int64_t otherwise) const {
  const auto text = get(attribute);
  std::int64_t result = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), result);
  return status == std::errc{} ? result : otherwise;
}

bool Object::truth(std::string_view attribute, bool otherwise) const {
  const auto text = get(attribute);
  if (text == "true") return true;
  return text == "false" ? false : otherwise;
}

bool Object::operator==(const Object& other) const {
  if (kind_ != other.kind_ || element_ != other.element_ || entries_ != other.entries_) return false;
  const std::size_t size = values_at() + (entries_ == 0 ? 0 : raw(entries_ - 1U).end);
  const std::size_t other_size = other.values_at() + (entries_ == 0 ? 0 : other.raw(entries_ - 1U).end);
  return size == other_size && std::memcmp(blob_.get(), other.blob_.get(), size) == 0;
}

std::size_t Object::bytes() const {
  return sizeof(Object) + 48 + values_at() + (entries_ == 0 ? 0 : raw(entries_ - 1U).end);
}

void ObjectBuilder::start(Kind kind, NameId element) {
  kind_ = kind;
  element_ = element;
  pieces_.clear();
  values_.clear();
  attributes_ = 0;
}

void ObjectBuilder::nested_start(NameId name) { add(Object::Part::nested_start, name, {}); }
void ObjectBuilder::nested_attribute(NameId name, std::string_view value) {
  add(Object::Part::nested_attribute, name, value);
}
void ObjectBuilder::nested_end() { add(Object::Part::nested_end, no_name, {}); }

void ObjectBuilder::set(NameId name, std::string_view value) {
  const auto begin = static_cast<std::uint32_t>(values_.size());
  const auto length = static_cast<std::uint32_t>(value.size());
  values_.append(value);
  const auto own_end = pieces_.begin() + static_cast<std::ptrdiff_t>(attributes_);
  const auto found =
      std::find_if(pieces_.begin(), own_end, [name](const Piece& piece) { return piece.name == name; });
  if (found != own_end) {
    found->begin = begin;
    found->length = length;
    return;
  }
  pieces_.insert(own_end, Piece{begin, length, name, Object::Part::attribute});
  ++attributes_;
}

void ObjectBuilder::start_from(const Object& base) {
  start(base.kind(), base.element_id());
  for (std::size_t i = 0; i < base.entry_count(); ++i) {
    const auto entry = base.raw(i);
    add(entry.part, entry.name, base.value(i));
  }
  attributes_ = base.attribute_count();
}

void ObjectBuilder::drop_nested() { pieces_.resize(attributes_); }

ObjectPtr ObjectBuilder::finish(std::string_view stand_in) {
  std::size_t value_bytes = 0;
  for (const auto& piece : pieces_) value_bytes += piece.length;
  auto made = std::make_shared<Object>();
  made->kind_ = kind_;
  made->element_ = element_;
  made->entries_ = static_cast<std::uint32_t>(pieces_.size());
  made->attributes_ = static_cast<std::uint16_t>(attributes_);
  // not value-initialised: every byte is written below
  made->blob_.reset(new char[made->values_at() + value_bytes + stand_in.size() + 1]);
  const NameId wanted = identifying(kind_);
  char* const values = made->blob_.get() + made->values_at();
  std::uint32_t end = 0;
  for (std::size_t i = 0; i < pieces_.size(); ++i) {
    const auto& piece = pieces_[i];
    std::memcpy(values + end, values_.data() + piece.begin, piece.length);
    if (piece.name == wanted && i < attributes_) {
      made->id_begin_ = end;
      made->id_length_ = piece.length;
    }
    end += piece.length;
    const Object::Raw raw{end, piece.name, piece.part};
    std::memcpy(made->blob_.get() + i * sizeof raw, &raw, sizeof raw);
  }
  if (made->id_length_ == 0 && wanted != no_name && !stand_in.empty()) {
    std::memcpy(values + end, stand_in.data(), stand_in.size());
    made->id_begin_ = end;
    made->id_length_ = static_cast<std::uint32_t>(stand_in.size());
  }
  return made;
}

}  // namespace standstill::layout
