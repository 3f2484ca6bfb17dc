#include "terminal/client.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tell/transfer.hpp"

namespace standstill::terminal {
namespace {

constexpr std::size_t most_answer = 256UL * 1024UL * 1024UL;

std::size_t take(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& body = *static_cast<std::string*>(user);
  if (body.size() + size * count > most_answer) return 0;
  body.append(bytes, size * count);
  return size * count;
}

}  // namespace

std::expected<Response, ClientError> Client::request(const std::string& method, const std::string& path,
                                                     const std::string& body, const std::string& bearer,
                                                     Duration time_out) const {
  if (socket_path_.size() >= sizeof(sockaddr_un::sun_path))
    return std::unexpected(ClientError{
        true,
        "the path " + socket_path_ + " is too long for a socket (107 bytes): choose a shorter state_dir"});
  const tell::CurlHandle handle = tell::new_transfer(time_out);
  if (!handle) return std::unexpected(ClientError{true, "out of memory"});
  CURL* curl = handle.get();
  tell::CurlList headers;
  tell::append(headers, "Expect:");
  if (!body.empty()) tell::append(headers, "Content-Type: application/json");
  if (!bearer.empty()) tell::append(headers, "Authorization: Bearer " + bearer);
  Response response;
  curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket_path_.c_str());
  curl_easy_setopt(curl, CURLOPT_URL, ("http://localhost" + path).c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  if (method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  } else {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &response.body);
  std::string why;
  const CURLcode code = tell::run_transfer(curl, nullptr, why);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  if (code == CURLE_OK) return response;
  if (code == CURLE_COULDNT_CONNECT && ::access(socket_path_.c_str(), F_OK) == 0 &&
      ::access(socket_path_.c_str(), W_OK) != 0)
    return std::unexpected(ClientError{
        true,
        "no permission for " + socket_path_ + ": run this as root, or join the group that owns the socket"});
  if (code == CURLE_COULDNT_CONNECT)
    return std::unexpected(
        ClientError{true, "no supervisor answers at " + socket_path_ + ": start it with `standstill run`"});
  if (code == CURLE_OPERATION_TIMEDOUT)
    return std::unexpected(
        ClientError{true, "the supervisor at " + socket_path_ + " did not answer within " +
                              std::to_string(to_ms(time_out)) +
                              " ms: it may hang; `standstill stop` still trips through the guard"});
  return std::unexpected(ClientError{
      false, "the supervisor at " + socket_path_ + " broke off its answer: " + why + ". Try again"});
}

std::string Client::encoded(const std::string& value) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += '%';
      out += hex[byte >> 4U];
      out += hex[byte & 15U];
    }
  }
  return out;
}

}  // namespace standstill::terminal
