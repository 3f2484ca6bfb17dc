#include "tell/transfer.hpp"

#include <array>
#include <mutex>

namespace standstill::tell {
namespace {

void start_curl_once() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

int give_up(void* wake, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const Wake*>(wake)->ending() ? 1 : 0;
}

struct MultiEnd {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};

}  // namespace

CurlHandle new_transfer(Duration time_out) {
  start_curl_once();
  CurlHandle handle(curl_easy_init());
  if (!handle) return handle;
  const long milliseconds = static_cast<long>(to_ms(time_out));
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT_MS, milliseconds);
  curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT_MS, milliseconds);
  curl_easy_setopt(handle.get(), CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_FOLLOWLOCATION, 0L);
  // Closing belongs to the attempt: an SMTP server that never answers QUIT would otherwise hold curl's
  // clean-up for two minutes, out of reach of every limit above.
  curl_easy_setopt(handle.get(), CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_SERVER_RESPONSE_TIMEOUT, (milliseconds + 999L) / 1000L);
  return handle;
}

void append(CurlList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

CURLcode run_transfer(CURL* handle, const Wake* wake, std::string& why) {
  const std::unique_ptr<CURLM, MultiEnd> multi(curl_multi_init());
  if (!multi) return CURLE_OUT_OF_MEMORY;
  std::array<char, CURL_ERROR_SIZE> words{};
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, words.data());
  if (wake != nullptr) {
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, give_up);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, const_cast<Wake*>(wake));
  }
  curl_multi_add_handle(multi.get(), handle);
  CURLcode result = CURLE_ABORTED_BY_CALLBACK;
  for (int active = 1; active > 0;) {
    if (wake != nullptr && wake->ending()) break;
    if (curl_multi_perform(multi.get(), &active) != CURLM_OK) {
      result = CURLE_FAILED_INIT;
      break;
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
      if (message->msg == CURLMSG_DONE) result = message->data.result;
    if (active == 0) break;
    curl_multi_poll(multi.get(), nullptr, 0, 50, nullptr);
  }
  curl_multi_remove_handle(multi.get(), handle);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  if (result != CURLE_OK) why = words[0] != '\0' ? words.data() : curl_easy_strerror(result);
  return result;
}

}  // namespace standstill::tell
