#include "wire/estop/keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <span>
#include <sstream>
#include <stdexcept>

#include "wire/estop/message.hpp"

namespace standstill::estop {

namespace {

constexpr std::string_view magic = "standstill-bus-key";
constexpr std::size_t most_keys = 8;

struct Hmac {
  struct Free {
    void operator()(EVP_MAC* one) const { ::EVP_MAC_free(one); }
    void operator()(EVP_MAC_CTX* one) const { ::EVP_MAC_CTX_free(one); }
  };
  std::unique_ptr<EVP_MAC, Free> mac{::EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  std::unique_ptr<EVP_MAC_CTX, Free> context{::EVP_MAC_CTX_new(mac.get())};
  Hmac() {
    std::string digest = "SHA256";
    const std::array parameters{OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                OSSL_PARAM_construct_end()};
    if (!context || ::EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1)
      throw std::runtime_error("this machine's OpenSSL has no HMAC with SHA-256");
  }
};

// Looked up once in a thread: looking for the algorithm takes longer than a MAC does, and a stop waits for
// it.
Secret hmac(std::span<const std::uint8_t> key, std::string_view text) {
  thread_local const Hmac made_once;
  EVP_MAC_CTX* const context = made_once.context.get();
  Secret made{};
  std::size_t length = 0;
  if (::EVP_MAC_init(context, key.data(), key.size(), nullptr) != 1 ||
      ::EVP_MAC_update(context, reinterpret_cast<const unsigned char*>(text.data()), text.size()) != 1 ||
      ::EVP_MAC_final(context, made.data(), &length, made.size()) != 1 || length != made.size())
    throw std::runtime_error("OpenSSL gives no HMAC");
  return made;
}

std::string hex(const Secret& bytes) {
  std::string text;
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 0x0FU];
  }
  return text;
}

bool unhex(std::string_view text, Secret& into) {
  if (text.size() != 2 * into.size()) return false;
  for (std::size_t i = 0; i < into.size(); ++i) {
    const std::string pair(text.substr(2 * i, 2));
    if (pair[0] == '-' || pair[0] == '+') return false;
    const char* const stop = pair.c_str() + pair.size();
    const auto [end, error] = std::from_chars(pair.c_str(), stop, into[i], 16);
    if (error != std::errc{} || end != stop) return false;
  }
  return true;
}

// RFC 5869 without salt and with one block of output: T(1) = HMAC(PRK, info | 0x01).
Secret extract(const Secret& master) {
  const Secret no_salt{};
  return hmac(no_salt, std::string_view(reinterpret_cast<const char*>(master.data()), master.size()));
}
Secret expand(const Secret& extracted, std::string_view instance) {
  return hmac(extracted, std::string(instance) + '\x01');
}

bool is_key_id(std::string_view id) {
  return !id.empty() && id.size() <= 32 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

}  // namespace

Secret derive(const Secret& master, std::string_view instance) { return expand(extract(master), instance); }

std::string mac(const Secret& key, std::string_view text) { return hex(hmac(key, text)); }

std::string uuid_for(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::array<std::uint8_t, 16> first{};
  std::copy_n(digest.begin(), first.size(), first.begin());
  return uuid_of(first);
}

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::expected<Keys, std::string> Keys::read(std::string_view file) {
  Keys made;
  std::istringstream lines{std::string(file)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    std::istringstream in(line);
    std::vector<std::string> words;
    for (std::string word; in >> word;) words.push_back(word);
    if (words.empty() || words.front().starts_with('#')) continue;
    const auto bad = [&](const std::string& what) {
      return std::unexpected("line " + std::to_string(number) + " " + what);
    };
    if (words.size() < 3 || words[0] != magic || words[1] != "v1")
      return bad("is no key of the bus; `standstill bus keygen` writes one");
    const bool master = words[2] == "master" && words.size() == 5;
    const bool station = words[2] == "station" && words.size() == 6 && is_instance(words[3]);
    const bool stop = words[2] == "stop" && words.size() == 5;
    Key key;
    if ((!master && !station && !stop) || !is_key_id(words[words.size() - 2]) ||
        !unhex(words.back(), key.secret))
      return bad("is damaged; copy the file again");
    key.id = words[words.size() - 2];
    auto& keys = stop ? made.stop_keys_ : made.keys_;
    if (!stop && !made.keys_.empty() && (master != made.master_ || (station && words[3] != made.instance_)))
      return bad("is a key for somebody else than the lines before it; use a file for each");
    if (std::any_of(keys.begin(), keys.end(), [&](const Key& one) { return one.id == key.id; }))
      return bad("has the name of a key before it");
    if (keys.size() == most_keys) return bad("is one key too many; take old ones out");
    made.master_ = made.master_ || master;
    if (station) made.instance_ = words[3];
    keys.push_back(std::move(key));
  }
  if (made.master_) {
    made.stop_keys_.clear();  // a line of its own for it is a station's
    for (const Key& key : made.keys_) {
      made.extracted_.push_back(extract(key.secret));
      made.stop_keys_.push_back({key.id, expand(made.extracted_.back(), everyone)});
    }
  }
  if (made.keys_.empty()) return std::unexpected("there is no key in it; `standstill bus keygen` writes one");
  return made;
}

std::string Keys::station_file(std::string_view instance) const {
  std::string text;
  for (const Key& key : of(instance))
    text += std::string(magic) + " v1 station " + std::string(instance) + " " + key.id + " " +
            hex(key.secret) + "\n";
  for (const Key& key : of(everyone))
    text += std::string(magic) + " v1 stop " + key.id + " " + hex(key.secret) + "\n";
  return text;
}

std::string Keys::master_file(const Key& key) {
  return std::string(magic) + " v1 master " + key.id + " " + hex(key.secret) + "\n";
}

std::vector<Keys::Key> Keys::of(std::string_view instance) const {
  if (instance == everyone) return stop_keys_;
  if (!master_) return instance == instance_ ? keys_ : std::vector<Key>{};
  std::vector<Key> made;
  made.reserve(keys_.size());
  for (std::size_t i = 0; i < keys_.size(); ++i)
    made.push_back({keys_[i].id, expand(extracted_[i], instance)});
  return made;
}

}  // namespace standstill::estop
