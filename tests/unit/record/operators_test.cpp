#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "record/operators.hpp"
#include "record/secret.hpp"
#include "record/whole_file.hpp"
#include "scratch.hpp"

namespace standstill::record {
namespace {

using test::Scratch;

std::string secret_of(const std::string& token) { return token.substr(token.find(':') + 1); }

TEST(Operators, AddVerifyListRemove) {
  Scratch dir;
  const Operators operators(dir.path());
  EXPECT_TRUE(operators.list()->empty());
  const auto anna = operators.add("anna", Role::operator_, 1'700'000'000'000'000'000);
  const auto ben = operators.add("Ben.2", Role::viewer, 0);
  ASSERT_TRUE(anna && ben);
  EXPECT_EQ(secret_of(*anna).size(), 32U);
  EXPECT_EQ(secret_of(*anna).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), std::string::npos);
  EXPECT_NE(secret_of(*anna), secret_of(*ben));

  const auto who = operators.verify("anna", secret_of(*anna));
  ASSERT_TRUE(who) << who.error().text;
  EXPECT_EQ(who->role, Role::operator_);
  EXPECT_EQ(who->added_wall_s, 1'700'000'000);
  EXPECT_TRUE(may_release(who->role));
  EXPECT_TRUE(operators.verify_token("  " + *ben + "\n"));
  EXPECT_FALSE(may_release(operators.verify_token(*ben)->role));
  std::string on_paper = secret_of(*anna);
  for (char& c : on_paper) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  on_paper.insert(8, " - ");
  EXPECT_TRUE(operators.verify("anna", on_paper));

  EXPECT_FALSE(operators.verify("anna", secret_of(*ben)));
  EXPECT_FALSE(operators.verify("anna", ""));
  EXPECT_FALSE(operators.verify("anna", secret_of(*anna).substr(0, 31)));
  EXPECT_FALSE(operators.verify("Anna", secret_of(*anna)));
  EXPECT_EQ(operators.verify("nobody", secret_of(*anna)).error().text,
            operators.verify("anna", "X").error().text);

  EXPECT_FALSE(operators.add("anna", Role::viewer, 0));
  EXPECT_TRUE(operators.remove("anna"));
  EXPECT_FALSE(operators.remove("anna"));
  EXPECT_FALSE(operators.verify("anna", secret_of(*anna)));
  EXPECT_TRUE(operators.verify_token(*ben));
}

TEST(Operators, TheFileIsPrivateAndHoldsNoSecret) {
  Scratch dir;
  const Operators operators(dir.path());
  const auto token = operators.add("anna", Role::engineer, 0);
  struct stat about{};
  ASSERT_EQ(::stat((dir / "operators").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 07777, 0600U);
  EXPECT_EQ(read_whole(dir / "operators", 10'000)->find(secret_of(*token)), std::string::npos);
  EXPECT_FALSE(operators.warning());
  ::chmod((dir / "operators").c_str(), 0640);
  EXPECT_TRUE(operators.warning());
}

TEST(Operators, Names) {
  for (const char* good : {"a", "7", "A.b_c-d", "abcdefghijklmnopqrstuvwxyz012345"})
    EXPECT_TRUE(is_operator_name(good));
  for (const char* bad :
       {"", ".a", "-a", "_a", "a b", "a:b", "a\n", "ä", "abcdefghijklmnopqrstuvwxyz0123456"}) {
    EXPECT_FALSE(is_operator_name(bad)) << bad;
    EXPECT_FALSE(Operators("/nonexistent").add(bad, Role::viewer, 0));
  }
  EXPECT_EQ(role("operator"), Role::operator_);
  EXPECT_FALSE(role("root"));
}

TEST(Operators, ADamagedFileNamesTheLineAndLetsNobodyIn) {
  Scratch dir;
  const Operators operators(dir.path());
  const auto token = operators.add("anna", Role::operator_, 0);
  const auto good = *read_whole(dir / "operators", 10'000);
  const std::string line = good.substr(good.find("anna"));
  const auto try_line = [&](const std::string& text, const std::string& place) {
    std::ofstream(dir / "operators") << good << text << '\n';
    const auto answer = operators.verify_token(*token);
    ASSERT_FALSE(answer) << text;
    EXPECT_TRUE(answer.error().unavailable);
    EXPECT_NE(answer.error().text.find(place), std::string::npos) << answer.error().text;
    EXPECT_FALSE(operators.add("ben", Role::viewer, 0));  // and a damaged file is not overwritten
  };
  try_line("ben:operator", "operators:3");
  try_line("ben" + line.substr(4, line.size() - 6) + "x", "operators:3");
  try_line(line, "twice");
  // a cost that would take gigabytes
  std::string costly = "ben:operator:scrypt:1073741824" + line.substr(line.find(":8:1:"));
  costly.pop_back();
  try_line(costly, "operators:3");
}

// The expected bytes are those of `openssl kdf … SCRYPT` and of Python's hashlib.scrypt.
TEST(Operators, ScryptIsRfc7914) {
  Salt salt{};
  const auto hash = scrypt("pleaseletmein", salt, {});
  ASSERT_TRUE(hash);
  EXPECT_EQ(to_hex(hash->data(), hash->size()),
            "99b284e6de83e771345d75d459857c6d357724e0f5e618ee1adf34981cb8a809");
}

// The expected bytes are those of Python's hashlib.
TEST(Operators, TheFirstLookIsTheBeginningOfASha256) {
  Salt salt{};
  for (std::size_t i = 0; i < salt.size(); ++i) salt[i] = static_cast<unsigned char>(i);
  const auto look = first_look("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", salt);
  ASSERT_TRUE(look);
  EXPECT_EQ(to_hex(look->data(), look->size()), "8303");
}

TEST(Operators, AGuessIsKnownForOneAtTheFirstLook) {
  Scratch dir;
  const Operators operators(dir.path());
  const auto anna = secret_of(*operators.add("anna", Role::operator_, 0));
  std::string on_paper = anna;
  for (char& c : on_paper) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  on_paper.insert(16, "-");
  EXPECT_TRUE(operators.could_be("anna", anna));
  EXPECT_TRUE(operators.could_be("anna", on_paper));
  EXPECT_FALSE(operators.could_be("ben", anna));
  int taken = 0;
  for (int i = 0; i < 200; ++i) taken += operators.could_be("anna", *random_secret()) ? 1 : 0;
  EXPECT_LT(taken, 3) << "one in 65536 is to be expected";
}

TEST(Operators, ALineOfAnEarlierVersionIsLookedAtClosely) {
  Scratch dir;
  const Operators operators(dir.path());
  const auto token = *operators.add("anna", Role::operator_, 0);
  auto bytes = *read_whole(dir / "operators", 10'000);
  bytes.erase(bytes.rfind(':'));
  std::ofstream(dir / "operators") << bytes << '\n';
  EXPECT_TRUE(operators.could_be("anna", "X"));
  EXPECT_FALSE(operators.verify("anna", "X"));
  EXPECT_TRUE(operators.verify_token(token));
  EXPECT_TRUE(operators.add("ben", Role::viewer, 0));
  EXPECT_TRUE(operators.verify_token(token));
}

TEST(Operators, TwoWhoAddAtOnceBothStay) {
  Scratch dir;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back(
        [&, i] { EXPECT_TRUE(Operators(dir.path()).add("op" + std::to_string(i), Role::viewer, 0)); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Operators(dir.path()).list()->size(), 4U);
}

}  // namespace
}  // namespace standstill::record
