// Where the tests find things. The paths are compiled into one file, so that a test's object is the same in
// every copy of the project and a compiler cache can share it.
#pragma once

#include <string>

namespace standstill::test {

std::string test_data();       // tests/data: recordings and tables
std::string source_folder();   // the project's root
std::string program_folder();  // where the built programs lie

}  // namespace standstill::test
