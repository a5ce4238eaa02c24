// Arithmetic of polynomials over GF(2), only as much as choosing and checking a chunker polynomial
// needs. The chunker's own fast reduction is in archiver/chunk.
#include "fs/format/polynomial.h"

#include <array>
#include <bit>
#include <charconv>
#include <system_error>

#include "fs/crypto/random.h"

namespace snapfs {

namespace {

/// a · b mod m, for a and b of a degree below m's. m's degree is at most 63, so a shifted by one
/// still fits before it is reduced.
std::uint64_t multiply_mod(std::uint64_t a, std::uint64_t b, std::uint64_t m, int degree) noexcept {
  std::uint64_t product = 0;
  for (; b != 0; b >>= 1) {
    if ((b & 1) != 0) product ^= a;
    a <<= 1;
    if ((a >> degree & 1) != 0) a ^= m;
  }
  return product;
}

Polynomial gcd(Polynomial a, Polynomial b) noexcept {
  while (b.bits() != 0) {
    const Polynomial rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

std::uint64_t random_bits() {
  std::array<std::uint8_t, 8> bytes{};
  fill_random(bytes);
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) bits |= std::uint64_t{bytes[i]} << (8 * i);
  return bits;
}

}  // namespace

int Polynomial::degree() const noexcept { return 63 - std::countl_zero(bits_); }

bool Polynomial::irreducible() const noexcept {
  constexpr std::uint64_t kX = 2;
  const int n = degree();
  if (n < 1) return false;
  // A reducible polynomial has a factor of degree i ≤ n / 2, and that factor divides
  // x^(2^i) − x, the product of all irreducible polynomials whose degree divides i.
  std::uint64_t power = (Polynomial(kX) % *this).bits();
  for (int i = 1; i <= n / 2; ++i) {
    power = multiply_mod(power, power, bits_, n);
    if (gcd(*this, Polynomial(power ^ kX) % *this) != Polynomial(1)) return false;
  }
  return true;
}

Polynomial Polynomial::random() {
  constexpr std::uint64_t kTop = std::uint64_t{1} << kChunkerDegree;
  for (;;) {
    // Bit 0 must be set, or x would be a factor; one odd candidate in about 26 is irreducible.
    const Polynomial candidate((random_bits() & (kTop - 1)) | kTop | 1);
    if (candidate.irreducible()) return candidate;
  }
}

std::string Polynomial::hex() const {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bits_, 16).ptr;
  return {digits.data(), end};
}

std::optional<Polynomial> Polynomial::parse(std::string_view hex) noexcept {
  std::uint64_t bits = 0;
  const char* const end = hex.data() + hex.size();
  const auto [stop, error] = std::from_chars(hex.data(), end, bits, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return Polynomial(bits);
}

Polynomial operator%(Polynomial a, Polynomial m) noexcept {
  std::uint64_t rest = a.bits();
  const int degree = m.degree();
  for (int high = a.degree(); high >= degree; high = Polynomial(rest).degree()) {
    rest ^= m.bits() << (high - degree);
  }
  return Polynomial(rest);
}

}  // namespace snapfs
