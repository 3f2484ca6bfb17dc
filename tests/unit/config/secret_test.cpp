#include "config/secret.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace standstill::config {
namespace {

namespace fs = std::filesystem;

class SecretFile : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("standstill-secret-" + std::to_string(::getpid()));
    fs::create_directories(folder_);
    path_ = (folder_ / "mail.secret").string();
  }
  void TearDown() override { fs::remove_all(folder_); }
  void write(const std::string& text, mode_t mode) {
    std::ofstream(path_) << text;
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
  }
  fs::path folder_;
  std::string path_;
};

TEST_F(SecretFile, LosesTheLineEndOnly) {
  write(" hunter2 \r\n", 0600);
  const auto secret = resolve_secret({path_, ""});
  ASSERT_TRUE(secret);
  EXPECT_EQ(secret->value, " hunter2 ");
  EXPECT_EQ(secret->warning, "");
}

TEST_F(SecretFile, ReadableByOthersIsAWarning) {
  for (const mode_t mode : {0640U, 0604U, 0644U, 0660U}) {
    write("hunter2", mode);
    const auto secret = resolve_secret({path_, ""});
    ASSERT_TRUE(secret);
    EXPECT_EQ(secret->warning, path_ + " can be read or changed by others: chmod 600 " + path_) << mode;
  }
}

TEST_F(SecretFile, IsReadAnewEachTime) {
  write("old", 0600);
  EXPECT_EQ(resolve_secret({path_, ""})->value, "old");
  write("new", 0600);
  EXPECT_EQ(resolve_secret({path_, ""})->value, "new");
}

TEST_F(SecretFile, MissingEmptyHugeAndStrangeOnesAreRefused) {
  EXPECT_EQ(resolve_secret({path_, ""}).error(),
            "the secret in " + path_ +
                " cannot be read: No such file or directory: create the file and "
                "let this user read it");
  write("\n", 0600);
  EXPECT_EQ(resolve_secret({path_, ""}).error(), path_ + " is empty: write the secret into it");
  write(std::string(70000, 'x'), 0600);
  EXPECT_FALSE(resolve_secret({path_, ""}));
  EXPECT_FALSE(resolve_secret({folder_.string(), ""}));
  fs::remove(path_);
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_FALSE(resolve_secret({path_, ""}));  // and does not hang
}

TEST(SecretVariable, IsReadOrNamed) {
  ::setenv("STANDSTILL_TEST_SECRET", "hunter2", 1);
  EXPECT_EQ(resolve_secret({"", "STANDSTILL_TEST_SECRET"})->value, "hunter2");
  ::unsetenv("STANDSTILL_TEST_SECRET");
  EXPECT_EQ(resolve_secret({"", "STANDSTILL_TEST_SECRET"}).error(),
            "the environment variable STANDSTILL_TEST_SECRET is not set: a secret is expected there");
  EXPECT_EQ(resolve_secret({})->value, "");
}

}  // namespace
}  // namespace standstill::config
