// Preloaded into the supervisor in the guest: one SHA-256 where scrypt would take a second of an emulated
// processor, at every operator's word. What is tested here is what happens after the word.
#include <openssl/evp.h>

#include <string>

extern "C" int EVP_PBE_scrypt(const char* pass, size_t passlen, const unsigned char* salt, size_t saltlen,
                              uint64_t, uint64_t, uint64_t, uint64_t, unsigned char* key, size_t keylen) {
  std::string text(pass, passlen);
  text.append(reinterpret_cast<const char*>(salt), saltlen);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr) != 1) return 0;
  for (size_t i = 0; i < keylen; ++i) key[i] = digest[i % length];
  return 1;
}
