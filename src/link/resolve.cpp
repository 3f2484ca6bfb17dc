#include "link/resolve.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace standstill::link {

namespace {
std::string reason(int code, const std::string& host) {
  switch (code) {
    case EAI_NONAME:
#ifdef EAI_NODATA
    case EAI_NODATA:
#endif
      return "no host is called \"" + host + "\": check the key host";
    case EAI_AGAIN:
      return "no name server answers for \"" + host + "\": is the network up?";
    default:
      return "the name \"" + host + "\" cannot be resolved: " + gai_strerror(code);
  }
}

// One address of each family in turn: where one family leads nowhere, the second try is of the other.
std::vector<Address> alternate(const std::vector<Address>& found) {
  std::vector<Address> same;
  std::vector<Address> other;
  for (const Address& address : found)
    (address.family() == found.front().family() ? same : other).push_back(address);
  std::vector<Address> mixed;
  for (std::size_t i = 0; i < std::max(same.size(), other.size()); ++i) {
    if (i < same.size()) mixed.push_back(same[i]);
    if (i < other.size()) mixed.push_back(other[i]);
  }
  return mixed;
}
}  // namespace

std::string Address::text() const {
  char host[INET6_ADDRSTRLEN + 1] = "?";
  if (family() == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &storage, sizeof in);
    inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host);
    return std::string("[") + host + "]:" + std::to_string(ntohs(in.sin6_port));
  }
  sockaddr_in in{};
  std::memcpy(&in, &storage, sizeof in);
  inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
  return std::string(host) + ":" + std::to_string(ntohs(in.sin_port));
}

Resolved resolve(const std::string& host, std::uint16_t port, bool numeric_only) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (numeric_only ? AI_NUMERICHOST : 0);
  addrinfo* list = nullptr;
  if (const int code = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list); code != 0)
    return std::unexpected(reason(code, host));
  std::vector<Address> found;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    if ((one->ai_family != AF_INET && one->ai_family != AF_INET6) ||
        one->ai_addrlen > sizeof(sockaddr_storage))
      continue;
    Address address;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    found.push_back(address);
  }
  freeaddrinfo(list);
  if (found.empty()) return std::unexpected(reason(EAI_NONAME, host));
  return alternate(found);
}

}  // namespace standstill::link
