// Stops that this member has heard and that the leading controller may not have: its connection was gone when
// they were published, or the server was. Whoever holds one says it again, with the same id, until the
// retained latch shows a trip that came after it. Whoever knows it drops the copy; a controller that does not
// trips, and with that the stop is owed by everybody, also by those who are away.
//
// Where many hold the same stop one of them says it: each waits a little longer than the next, and a copy on
// the bus makes all of them wait again.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/latch.hpp"
#include "kernel/time.hpp"
#include "wire/estop/message.hpp"
#include "wire/estop/signed.hpp"

namespace standstill::station {

class KeptStops {
 public:
  static constexpr std::size_t most = 8;               // the last of them stands for all that came after it
  static constexpr std::size_t longest = 4096;         // bytes; a longer message is said in fewer words
  static constexpr Duration again_after = 2s;          // and up to a second more, by the member's name
  static constexpr unsigned most_under_one_latch = 3;  // how often, while a trip from before it stands

  explicit KeptStops(const std::string& instance);

  // What nobody could read has no id that can be believed. This one is the same for all who hold that text
  // and know that epoch; the same text after a release is another stop.
  [[nodiscard]] static std::string id_for(const std::string& unreadable, Epoch known);

  // Only a stop that was not known yet, or one that nobody could read. `text`: the message as it came.
  // `known`: the largest epoch of the bus that this member knows. `make_envelope`: of this member, for what
  // cannot be said as it came.
  void keep(const estop::HeardStop& heard, const std::string& text, Epoch known,
            const std::function<estop::Envelope()>& make_envelope, Instant now);
  // This member's own: due at once, and whenever the latch was read, until that shows a trip.
  void keep_own(std::string text, Epoch known, Instant now);
  // A copy came by the server: somebody else has said it to all who are connected.
  void said_by_another(const std::string& id, Instant now);
  // The retained latch is tripped.
  void shown(const estop::LatchRecord& latch);
  // Somebody who may has looked, and released: the latch that held these is released.
  void clear() { kept_.clear(); }

  // What is to be said now. `joined`: the server hears it, too, and not only who is reached by datagram.
  [[nodiscard]] std::vector<std::string> due(Instant now, bool joined, bool latch_was_read = false);
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

  // For the next start of this member, which owes them, too. `tripped`: the epoch of the own latch up to
  // which they are all that is owed; what it is beyond that, nobody came to note.
  [[nodiscard]] std::string written(Epoch tripped) const;
  // What the start before has written; anything else is nothing. Gives back `tripped`.
  Epoch restore(std::string_view text, Instant now);
  // Whether they are others than when this was asked last.
  [[nodiscard]] bool changed();
  [[nodiscard]] std::vector<std::string> texts() const;

 private:
  struct Kept {
    std::string text, id;
    Epoch known;
    Instant next;
    unsigned said = 0;
    bool own = false;
  };
  Duration wait_;
  std::vector<Kept> kept_;
  std::vector<std::string> noted_;  // their ids, as changed() saw them last
};

}  // namespace standstill::station
