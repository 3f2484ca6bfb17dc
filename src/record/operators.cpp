#include "record/operators.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "os/fd.hpp"
#include "record/calendar.hpp"
#include "record/secret.hpp"
#include "record/whole_file.hpp"

namespace standstill::record {

namespace {

constexpr std::array<std::string_view, 3> role_names{"viewer", "operator", "engineer"};
constexpr std::size_t largest_file = 1U << 20U;

bool is_letter_or_digit(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

template <typename Number>
bool parse(std::string_view text, Number& value) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Operators::Refusal wrong() { return {false, "unknown operator or wrong secret"}; }

// Two people adding at the same moment must not overwrite each other: held around read, change, write.
class ChangeLock {
 public:
  explicit ChangeLock(const std::filesystem::path& file)
      : fd_(::open((file.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (!fd_) {
      problem_ = "cannot create " + file.string() + ".lock: " + std::strerror(errno) +
                 "; run this as the user who owns state_dir";
      return;
    }
    give_to_owner_of(file.parent_path(), fd_.get());
    if (::flock(fd_.get(), LOCK_EX) != 0) {
      problem_ = "cannot lock " + file.string() + ".lock: " + std::strerror(errno);
    }
  }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  os::Fd fd_;
  std::string problem_;
};

}  // namespace

struct Operators::Entry {
  Operator who;
  ScryptCost cost;
  Salt salt{};
  Hash hash{};
  std::optional<Look> look;

  [[nodiscard]] std::string line() const {
    return who.name + ':' + std::string(record::name(who.role)) + ":scrypt:" + std::to_string(cost.n) + ':' +
           std::to_string(cost.r) + ':' + std::to_string(cost.p) + ':' + to_hex(salt.data(), salt.size()) +
           ':' + to_hex(hash.data(), hash.size()) + ':' + std::to_string(who.added_wall_s) +
           (look ? ':' + to_hex(look->data(), look->size()) : std::string{}) + '\n';
  }
  // Only the cost this program writes is accepted: a file from elsewhere must not choose our time and memory.
  [[nodiscard]] bool parse_line(std::string_view text) {
    const auto cells = split(text, ':');
    if (cells.size() < 9 || cells.size() > 10 || !is_operator_name(cells[0]) || cells[2] != "scrypt")
      return false;
    if (cells.size() == 10 && !from_hex(cells[9], look.emplace().data(), sizeof(Look))) return false;
    const auto wanted = record::role(cells[1]);
    if (!wanted) return false;
    who.name = cells[0];
    who.role = *wanted;
    return parse(cells[3], cost.n) && parse(cells[4], cost.r) && parse(cells[5], cost.p) &&
           cost == ScryptCost{} && from_hex(cells[6], salt.data(), salt.size()) &&
           from_hex(cells[7], hash.data(), hash.size()) && parse(cells[8], who.added_wall_s);
  }
};

std::string_view name(Role role) { return role_names[static_cast<std::size_t>(role)]; }

std::optional<Role> role(std::string_view text) {
  for (std::size_t i = 0; i < role_names.size(); ++i)
    if (role_names[i] == text) return static_cast<Role>(i);
  return {};
}

bool is_operator_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && is_letter_or_digit(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; });
}

std::expected<std::vector<Operators::Entry>, std::string> Operators::load() const {
  std::vector<Entry> entries;
  const auto bytes = read_whole(file_, largest_file);
  if (!bytes && bytes.error().code == ENOENT) return entries;
  if (!bytes) return std::unexpected(bytes.error().text);
  std::size_t number = 0;
  for (const std::string_view line : split(*bytes, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    Entry entry;
    if (!entry.parse_line(line))
      return std::unexpected(file_.string() + ':' + std::to_string(number) +
                             ": this line is damaged; delete it and add that operator again");
    if (std::any_of(entries.begin(), entries.end(),
                    [&](const Entry& e) { return e.who.name == entry.who.name; }))
      return std::unexpected(file_.string() + ':' + std::to_string(number) + ": " + entry.who.name +
                             " is there twice; delete one of the lines");
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::expected<void, std::string> Operators::store(const std::vector<Entry>& entries) const {
  std::string bytes =
      "# Who may release. Changed by `standstill operator`; holds no secrets, only their hashes.\n";
  for (const Entry& entry : entries) bytes += entry.line();
  const auto written = write_whole(file_, bytes, 0600);
  if (!written) return std::unexpected(written.error().text);
  return {};
}

std::expected<std::string, std::string> Operators::add(std::string_view name, Role role,
                                                       std::int64_t wall_ns) const {
  if (!is_operator_name(name))
    return std::unexpected(
        "\"" + std::string(name.substr(0, 64)) +
        "\" is no name for an operator: 1 to 32 letters, digits, '.', '_' or '-', the first a"
        " letter or digit");
  const ChangeLock lock(file_);
  if (!lock.problem().empty()) return std::unexpected(lock.problem());
  auto entries = load();
  if (!entries) return std::unexpected(entries.error());
  if (std::any_of(entries->begin(), entries->end(), [&](const Entry& e) { return e.who.name == name; }))
    return std::unexpected("there is already an operator " + std::string(name) +
                           "; for a new secret: `standstill"
                           " operator remove " +
                           std::string(name) + "`, then add again");
  const auto secret = random_secret();
  const auto salt = random_salt();
  if (!secret || !salt) return std::unexpected("the system gives no random numbers; try again later");
  Entry entry;
  const auto hash = scrypt(*secret, *salt, entry.cost);
  if (!hash) return std::unexpected("not enough memory to hash the secret (16 MB); free some and try again");
  entry.who = {std::string(name), role, wall_ns / ns_per_s};
  entry.salt = *salt;
  entry.hash = *hash;
  entry.look = first_look(*secret, *salt);
  entries->push_back(std::move(entry));
  if (auto stored = store(*entries); !stored) return std::unexpected(stored.error());
  return std::string(name) + ':' + *secret;
}

std::expected<void, std::string> Operators::remove(std::string_view name) const {
  const ChangeLock lock(file_);
  if (!lock.problem().empty()) return std::unexpected(lock.problem());
  auto entries = load();
  if (!entries) return std::unexpected(entries.error());
  if (std::erase_if(*entries, [&](const Entry& e) { return e.who.name == name; }) == 0)
    return std::unexpected("there is no operator \"" + std::string(name.substr(0, 64)) +
                           "\"; `standstill operator list` shows who there is");
  return store(*entries);
}

std::expected<std::vector<Operator>, std::string> Operators::list() const {
  auto entries = load();
  if (!entries) return std::unexpected(entries.error());
  std::vector<Operator> all;
  for (const Entry& entry : *entries) all.push_back(entry.who);
  std::sort(all.begin(), all.end(), [](const Operator& a, const Operator& b) { return a.name < b.name; });
  return all;
}

bool Operators::could_be(std::string_view name, std::string_view secret) const {
  const auto entries = load();
  if (!entries) return true;
  const auto entry =
      std::ranges::find(*entries, name, [](const Entry& one) -> std::string_view { return one.who.name; });
  if (entry == entries->end()) return false;
  if (!entry->look) return true;
  const auto look = first_look(normal_secret(secret), entry->salt);
  return !look || *look == *entry->look;
}

std::expected<Operator, Operators::Refusal> Operators::verify(std::string_view name,
                                                              std::string_view secret) const {
  const auto entries = load();
  if (!entries) return std::unexpected(Refusal{true, entries.error()});
  // an unknown name is hashed against nobody's salt, so that the time taken tells nothing about who exists
  const Entry nobody;
  const Entry* entry = &nobody;
  for (const Entry& candidate : *entries)
    if (candidate.who.name == name) entry = &candidate;
  const auto hash = scrypt(normal_secret(secret), entry->salt, entry->cost);
  if (!hash)
    return std::unexpected(
        Refusal{true, "not enough memory to check the secret (16 MB); free some and try again"});
  const bool equal = same(*hash, entry->hash);
  if (!equal || entry == &nobody) return std::unexpected(wrong());
  return entry->who;
}

std::expected<Operator, Operators::Refusal> Operators::verify_token(std::string_view token) const {
  constexpr std::string_view space = " \t\r\n";
  const auto first = token.find_first_not_of(space);
  token = first == std::string_view::npos ? std::string_view{} : token.substr(first);
  const auto colon = token.find(':');
  if (colon == std::string_view::npos)
    return std::unexpected(
        Refusal{false, "a token has the form NAME:SECRET, as `standstill operator add` printed it"});
  return verify(token.substr(0, colon), token.substr(colon + 1));
}

std::optional<std::string> Operators::warning() const {
  struct stat about{};
  if (::stat(file_.c_str(), &about) != 0 || (about.st_mode & 077) == 0) return {};
  return file_.string() + " can be read or changed by other users; chmod 600 " + file_.string();
}

}  // namespace standstill::record
