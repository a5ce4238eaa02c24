// Polynomials over GF(2): known answers, and Ben-Or's test against trial division.
#include "fs/format/polynomial.h"

#include <set>

#include <gtest/gtest.h>

namespace snapfs {
namespace {

bool irreducible_by_trial_division(std::uint64_t bits) {
  for (std::uint64_t factor = 2; factor < bits; ++factor) {
    const Polynomial divisor(factor);
    if (divisor.degree() <= Polynomial(bits).degree() / 2 &&
        (Polynomial(bits) % divisor).bits() == 0) {
      return false;
    }
  }
  return bits >= 2;
}

TEST(Polynomial, KnowsItsDegree) {
  EXPECT_EQ(Polynomial(0).degree(), -1);
  EXPECT_EQ(Polynomial(1).degree(), 0);
  EXPECT_EQ(Polynomial(0x3DA3358B4DC173).degree(), 53);
  EXPECT_EQ(Polynomial(~std::uint64_t{0}).degree(), 63);
}

TEST(Polynomial, AnswersTheVectorsOfTheFormat) {
  EXPECT_TRUE(Polynomial(0x3DA3358B4DC173).irreducible());
  EXPECT_TRUE(Polynomial(0x25b468838dcb75).irreducible());
  EXPECT_FALSE(Polynomial(0x3DA3358B4DC175).irreducible());
}

TEST(Polynomial, IrreducibilityAgreesWithTrialDivision) {
  for (std::uint64_t bits = 0; bits < 1024; ++bits) {
    EXPECT_EQ(Polynomial(bits).irreducible(), irreducible_by_trial_division(bits)) << bits;
  }
}

TEST(Polynomial, IrreducibilityWorksAtTheHighestDegree) {
  // x^63 + x + 1 is the classical primitive trinomial; x^63 + 1 has the factor x + 1.
  EXPECT_TRUE(Polynomial((std::uint64_t{1} << 63) | 3).irreducible());
  EXPECT_FALSE(Polynomial((std::uint64_t{1} << 63) | 1).irreducible());
}

TEST(Polynomial, RandomOnesAreIrreducibleOfDegree53AndDiffer) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 20; ++i) {
    const Polynomial polynomial = Polynomial::random();
    EXPECT_EQ(polynomial.degree(), Polynomial::kChunkerDegree);
    EXPECT_TRUE(polynomial.irreducible()) << polynomial.hex();
    seen.insert(polynomial.bits());
  }
  EXPECT_EQ(seen.size(), 20U);
}

TEST(Polynomial, HexIsLowerCaseWithoutPaddingAndReadsBack) {
  EXPECT_EQ(Polynomial(0x25B468838DCB75).hex(), "25b468838dcb75");
  EXPECT_EQ(Polynomial(0).hex(), "0");
  EXPECT_EQ(Polynomial::parse("25b468838dcb75"), Polynomial(0x25B468838DCB75));
  EXPECT_EQ(Polynomial::parse("ffffffffffffffff"), Polynomial(~std::uint64_t{0}));
}

TEST(Polynomial, RefusesTextThatIsNotANumber) {
  for (const char* text : {"", "0x25", "-1", "+1", " 1", "1 ", "12g", "10000000000000000"}) {
    EXPECT_EQ(Polynomial::parse(text), std::nullopt) << text;
  }
}

TEST(Polynomial, RemainderIsWhatMultiplyingBackLeaves) {
  EXPECT_EQ(Polynomial(0b1011) % Polynomial(0b11), Polynomial(1));
  EXPECT_EQ(Polynomial(0b101) % Polynomial(0b11), Polynomial(0));
  EXPECT_EQ(Polynomial(5) % Polynomial(8), Polynomial(5));
}

}  // namespace
}  // namespace snapfs
