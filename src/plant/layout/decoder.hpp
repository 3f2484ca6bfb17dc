// One message of the server, read in slices: nothing of it takes effect before all of it was read and found
// valid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plant/layout/model.hpp"
#include "plant/layout/object.hpp"
#include "wire/rocrail/xml.hpp"

namespace standstill::layout {

// What a message says of one object.
struct Report {
  enum class What : std::uint8_t {
    update,  // these attributes have these values now; others stay
    add,     // the object as a whole
    modify,  // like update; its nested elements replace the old ones
    remove,
  };
  What what = What::update;
  ObjectPtr object;
};

class Decoder {
 public:
  enum class Step : std::uint8_t { more, complete, failed };

  Decoder(std::string body, NameCache& names) : body_(std::move(body)), xml_(body_), names_(names) {}
  Decoder(const Decoder&) = delete;  // the reader points into the body
  Decoder& operator=(const Decoder&) = delete;

  // Reads on for about that many bytes (at least one element; 24 KiB take about 0.2 ms).
  [[nodiscard]] Step read(std::size_t bytes);

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] std::string_view root() const {
    return root_;
  }  // the message's element: "lc", "plan", "lclist" …
  [[nodiscard]] bool is_plan() const { return root_ == "plan"; }
  [[nodiscard]] std::size_t size() const { return body_.size(); }

  [[nodiscard]] std::string take_body() { return std::move(body_); }  // the last thing to be asked

  // After `complete`:
  [[nodiscard]] Model& plan() { return plan_; }                      // of a <plan>
  [[nodiscard]] std::vector<Report>& reports() { return reports_; }  // of everything else

 private:
  bool started();
  void ended();
  bool start_object();
  bool nested();
  bool refuse(std::string why);
  bool keep(ObjectPtr object);

  std::string body_;
  rocrail::XmlReader xml_;
  std::string root_;
  std::string error_;
  NameCache& names_;
  ObjectBuilder builder_;
  std::size_t object_depth_ = 0;  // of the object being built; 0: none
  Report::What what_ = Report::What::update;
  Model plan_;
  std::vector<Report> reports_;
};

}  // namespace standstill::layout
