#include <cstdio>
#include <exception>

#include "app/command_line.hpp"
#include "app/exit_code.hpp"

int main(int argc, char** argv) {
  try {
    return standstill::app::command_line(argc, argv);
  } catch (const std::exception& unexpected) {
    std::fprintf(stderr, "standstill: %s; this is a fault of the program, please report it\n",
                 unexpected.what());
    return standstill::app::exit_no;
  }
}
