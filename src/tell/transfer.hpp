// One libcurl transfer that can be given up at any moment.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

#include "kernel/time.hpp"
#include "tell/wake.hpp"

namespace standstill::tell {

struct CurlHandleEnd {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlHandleEnd>;
using CurlList = std::unique_ptr<curl_slist, CurlHandleEnd>;

// A handle with the settings every transfer here shares: no signals, the whole attempt within `time_out`
// (name resolution included), a resolver that hangs is left behind and not joined, TLS checked, no redirects.
[[nodiscard]] CurlHandle new_transfer(Duration time_out);
void append(CurlList& list, const std::string& line);

// Runs it in the calling thread. `wake` (may be null) ends it early with CURLE_ABORTED_BY_CALLBACK when the
// program is ending. `why` receives curl's own words.
[[nodiscard]] CURLcode run_transfer(CURL* handle, const Wake* wake, std::string& why);

}  // namespace standstill::tell
