// Polynomials over GF(2) of degree below 64, as the chunker's fingerprint uses them (FORMAT §4,
// §8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace snapfs {

/// Bit i is the coefficient of x^i.
class Polynomial {
 public:
  static constexpr int kChunkerDegree = 53;

  constexpr Polynomial() = default;
  constexpr explicit Polynomial(std::uint64_t coefficients) : bits_(coefficients) {}

  constexpr std::uint64_t bits() const noexcept { return bits_; }

  /// −1 for the zero polynomial.
  int degree() const noexcept;

  /// Ben-Or's test. M. Ben-Or, "Probabilistic algorithms in finite fields", FOCS 1981.
  bool irreducible() const noexcept;

  /// A random irreducible polynomial of degree 53.
  static Polynomial random();

  /// Lower-case hexadecimal without prefix or padding.
  std::string hex() const;
  static std::optional<Polynomial> parse(std::string_view hex) noexcept;

  friend constexpr bool operator==(Polynomial, Polynomial) noexcept = default;

 private:
  std::uint64_t bits_ = 0;
};

/// a mod m; m is not zero.
Polynomial operator%(Polynomial a, Polynomial m) noexcept;

}  // namespace snapfs
