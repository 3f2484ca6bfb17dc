#include "plant/layout/decoder.hpp"

#include <utility>

namespace standstill::layout {

using rocrail::XmlReader;

bool Decoder::refuse(std::string why) {
  error_ = std::move(why);
  return false;
}

Decoder::Step Decoder::read(std::size_t bytes) {
  const std::size_t enough = xml_.offset() + bytes;
  do {
    switch (xml_.next()) {
      case XmlReader::Event::failed:
        error_ = xml_.error();
        return Step::failed;
      case XmlReader::Event::finished:
        return Step::complete;
      case XmlReader::Event::start:
        if (!started()) return Step::failed;
        break;
      case XmlReader::Event::end:
        ended();
        if (!error_.empty()) return Step::failed;
        break;
    }
  } while (xml_.offset() < enough);
  return Step::more;
}

bool Decoder::started() {
  if (object_depth_ != 0) return nested();
  const auto element = xml_.name();
  if (xml_.depth() == 1) {
    root_ = element;
    if (element == "model") {
      const auto cmd = xml_.attribute("cmd");
      if (cmd == "add") what_ = Report::What::add;
      if (cmd == "modify") what_ = Report::What::modify;
      if (cmd == "remove") what_ = Report::What::remove;
      return true;
    }
    if (element == "pong" || element == "ping") return true;
    if (element == "plan") {
      builder_.start(Kind::plan, names_.id(element));
      for (const auto& attribute : xml_.attributes()) {
        const NameId id = names_.id(attribute.name);
        if (id == no_name) return refuse("too many different attribute names");
        builder_.attribute(id, attribute.value);
      }
      return keep(builder_.finish());
    }
  }
  if (element.ends_with("list") && xml_.attribute("id").empty()) return true;  // its elements are the objects
  return start_object();
}

bool Decoder::start_object() {
  const auto element = xml_.name();
  const bool function = element == "fn" && xml_.depth() == 1;  // says something of a loco
  const NameId id = names_.id(element);
  if (id == no_name) return refuse("too many different element names");
  builder_.start(function ? Kind::lc : kind_of(element), id);
  for (const auto& attribute : xml_.attributes()) {
    const NameId name = names_.id(attribute.name);
    if (name == no_name) return refuse("too many different attribute names");
    builder_.attribute(name, attribute.value);
  }
  object_depth_ = xml_.depth();
  return true;
}

bool Decoder::nested() {
  const NameId element = names_.id(xml_.name());
  if (element == no_name) return refuse("too many different element names");
  builder_.nested_start(element);
  for (const auto& attribute : xml_.attributes()) {
    const NameId name = names_.id(attribute.name);
    if (name == no_name) return refuse("too many different attribute names");
    builder_.nested_attribute(name, attribute.value);
  }
  return true;
}

void Decoder::ended() {
  if (object_depth_ == 0) return;
  if (xml_.depth() >= object_depth_) {
    builder_.nested_end();
    return;
  }
  object_depth_ = 0;
  if (is_plan()) {
    // two objects without an id must not become one
    keep(builder_.finish("#" + std::to_string(plan_.count())));
  } else {
    keep(builder_.finish());
  }
}

bool Decoder::keep(ObjectPtr object) {
  if (is_plan()) {
    if (!plan_.put(std::move(object)))
      return refuse("a plan of more than " + std::to_string(Model::max_objects) + " objects");
    return true;
  }
  if (reports_.size() >= Model::max_objects)
    return refuse("a message about more than " + std::to_string(Model::max_objects) + " objects");
  reports_.push_back({what_, std::move(object)});
  return true;
}

}  // namespace standstill::layout
