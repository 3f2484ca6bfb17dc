// Who says the word: a name and its secret, from an option, a file, the environment or a prompt without echo.
#pragma once

#include <expected>
#include <string>

namespace standstill::app {

[[nodiscard]] bool interactive();  // standard input is a terminal

// A line typed at the terminal, without its end. Empty at the end of input.
[[nodiscard]] std::string ask_line(const std::string& prompt);
[[nodiscard]] std::string ask_secret(const std::string& prompt);  // not echoed

// "NAME:SECRET", for an Authorization header. The file holds NAME:SECRET or SECRET, and so does
// STANDSTILL_TOKEN; a name that is given twice must be the same. The error is a sentence for people.
[[nodiscard]] std::expected<std::string, std::string> bearer(const std::string& operator_name,
                                                             const std::string& token_file);

// Pure: joins a token ("NAME:SECRET" or "SECRET") with a name that may be empty.
[[nodiscard]] std::expected<std::string, std::string> join_token(const std::string& name,
                                                                 const std::string& token,
                                                                 const std::string& where);

}  // namespace standstill::app
