#include "app/man_page.hpp"

namespace standstill::app {

namespace {

// A backslash, a hyphen that is meant as one, and a dot or quote that would begin a request.
std::string escaped(const std::string& text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\')
      made += "\\e";
    else if (c == '-')
      made += "\\-";
    else if ((c == '.' || c == '\'') && (i == 0 || text[i - 1] == '\n'))
      made += std::string("\\&") + c;
    else
      made += c;
  }
  return made;
}

void options(const CommandNode& command, std::string& into) {
  for (const auto& option : command.options) {
    if (option.names.empty()) continue;
    into += ".TP\n";
    std::string names;
    for (const auto& name : option.names) names += (names.empty() ? "\\fB" : "\\fR, \\fB") + escaped(name);
    into += names + "\\fR" + (option.takes_value ? " \\fIVALUE\\fR" : "") + "\n";
    into += escaped(option.description.empty() ? "." : option.description) + "\n";
  }
}

void commands(const CommandNode& command, const std::string& path, std::string& into) {
  for (const auto& child : command.children) {
    const std::string name = path.empty() ? child.name : path + " " + child.name;
    if (child.children.empty()) {
      into += ".SS \"" + escaped(name) + "\"\n" + escaped(child.description) + "\n";
      options(child, into);
    }
    commands(child, name, into);
  }
}

}  // namespace

std::string man_page(const CommandNode& root, const std::string& version) {
  std::string page = ".TH STANDSTILL 1 \"\" \"standstill " + version + "\" \"User Commands\"\n";
  page +=
      ".SH NAME\nstandstill \\- keeps machines safe when the thing that commands them goes silent\n"
      ".SH SYNOPSIS\n.B standstill\n[\\fIOPTION\\fR]... \\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n"
      ".SH DESCRIPTION\nThe supervisor, and the commands that talk to it. On a show day six of them matter: "
      "status, stop, why, ack, reset and start. \\fBstandstill stop\\fR stops, and anybody may.\n"
      ".SH OPTIONS\n";
  options(root, page);
  page += ".SH COMMANDS\n";
  commands(root, {}, page);
  page +=
      ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nthe answer is no: unhealthy, differs, a test failed\n.TP\n2\na "
      "wrong "
      "command line or configuration\n.TP\n3\nnobody answers\n.TP\n4\nrefused, with the reasons printed\n"
      ".SH FILES\n.TP\n/etc/standstill/standstill.toml\nthe configuration, see \\fBstandstill "
      "config\\-reference\\fR\n.TP\n/var/lib/standstill\nlatch, plan, journal, snapshots and sockets\n"
      ".SH SEE ALSO\n.BR standstill\\-guard (8),\n.BR standstill\\-cutter (8)\n";
  return page;
}

}  // namespace standstill::app
