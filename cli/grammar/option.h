// An option of a command, as data: how it is written, what the help says, and which variable its
// value goes to. The model is that of Go's pflag, which restic's command line is made of: a value
// is a text that is set, and an option that may stand alone has a text for that case.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace snapfs {

/// Where an option's value goes. What is bound must outlive the parsing.
class Binding {
 public:
  /// Takes a value. Throws Error{kUsage} whose message says why it takes none such: it is shown
  /// behind the option and the value.
  using Setter = std::function<void(const std::string& value)>;

  /// What a value is where it is not text, as in a file of settings.
  enum class Kind {
    kText,
    kList,    ///< text, as often as one likes
    kSwitch,  ///< true or false
    kNumber,  ///< a whole number
    kCount,   ///< a whole number, or true for one
  };

  // NOLINTBEGIN(google-explicit-constructor): tables of options name the variable, and no more.
  /// The last value wins.
  Binding(std::string* variable);
  /// The same where an empty value is another thing than none.
  Binding(std::optional<std::string>* variable);
  /// Each value is appended as it is: commas and brackets mean nothing.
  Binding(std::vector<std::string>* variable);
  /// A switch: true, or what is said behind an equals sign (parse_boolean()).
  Binding(bool* variable);
  /// Whole numbers, as parse_integer() reads them.
  Binding(std::int64_t* variable);
  Binding(std::uint32_t* variable);
  /// The value is looked at where it is given.
  Binding(Setter set);
  // NOLINTEND(google-explicit-constructor)

  /// Each occurrence adds one; a number behind an equals sign is set.
  static Binding count(int* variable);

  /// A setter that may be called any number of times.
  static Binding each(Setter set);

  /// Text that `check`, unless it is empty, throws Error{kUsage} about: mistakes show at once,
  /// whichever source they come from.
  static Binding checked(std::string* variable, std::function<void(const std::string&)> check);

  void set(const std::string& value) const { set_(value); }

  Kind kind() const noexcept { return kind_; }

  /// The variable's value as text, which is the default as long as nothing was set. Empty when
  /// there is none, or more than one, or only the setter knows.
  std::string current() const { return get_ ? get_() : std::string(); }

  /// Whether the option needs a value: the next argument when there is no equals sign.
  bool wants_value() const noexcept { return value_if_alone_.empty(); }

  /// What is set when the option stands alone.
  const std::string& value_if_alone() const noexcept { return value_if_alone_; }

 private:
  Setter set_;
  std::function<std::string()> get_;
  std::string value_if_alone_;
  Kind kind_ = Kind::kText;
};

/// A value object.
class Option {
 public:
  /// `names` as the help shows them: "-r,--repo", at most one of one letter, at least one longer.
  Option(std::string_view names, Binding binding, std::string text);

  /// One with a value, which the help calls `value_name`. FILE, DIR and PATH are paths, LOCATION is
  /// a path or an address, and PATTERN may begin as a path does: a file of settings, which no shell
  /// has read, goes by these names.
  Option(std::string_view names, std::string value_name, Binding binding, std::string text);

  /// Takes an old name besides, which is not shown; whoever uses it is told the first name.
  Option&& also(std::string_view old_name) &&;

  /// Leaves it out of the help.
  Option&& hidden() &&;

  /// Shows it in the help of the program only, not in that of each command.
  Option&& seldom() &&;

  /// Leaves it out of the help, and has those who use it told `instead`: "use --host".
  Option&& deprecated(std::string_view instead) &&;

  /// A variable that says the same, without its prefix: "REPOSITORY". It counts where the line does
  /// not give the option, and before what a file of settings says.
  Option&& variable(std::string_view name) &&;

  /// What the option is about, when others are about the same: of a weaker source nothing counts
  /// that is about a subject which a stronger one has spoken of. So a password file of the line
  /// makes that of a file of settings mean nothing, and so does a password command.
  Option&& about(std::string_view subject) &&;

  /// The same, but this option silences none itself: those of one kind that add up.
  Option&& yields_to(std::string_view subject) &&;

  /// Says, in a word or a few, what counts when nothing is given, where the bound variable does not
  /// say it itself: "auto", "this machine's name". The help ends with it: "(default: auto)".
  Option&& otherwise(std::string_view text) &&;

  /// The long ones, without dashes; the first is its name.
  const std::vector<std::string>& names() const noexcept { return names_; }
  const std::string& name() const noexcept { return names_.front(); }
  char letter() const noexcept { return letter_; }  ///< 0: it has none
  const std::string& value_name() const noexcept { return value_name_; }
  const Binding& binding() const noexcept { return binding_; }
  const std::string& text() const noexcept { return text_; }
  const std::string& otherwise_text() const noexcept { return otherwise_; }  ///< may be empty
  bool is_hidden() const noexcept { return hidden_; }
  bool is_seldom() const noexcept { return seldom_; }
  bool has_name(std::string_view name) const noexcept;
  const std::vector<std::string>& variables() const noexcept { return variables_; }
  const std::string& subject() const noexcept { return subject_; }  ///< empty: its own
  bool silences_others() const noexcept { return silences_; }

  /// What to tell somebody who wrote it as `name`, one of the long ones; empty: nothing.
  std::string advice(std::string_view name) const;

  /// As people call it: "--repo".
  std::string title() const { return "--" + name(); }

  std::string group;  ///< the heading that it stands under in the help

 private:
  std::vector<std::string> names_;
  std::vector<std::string> old_names_;
  char letter_ = 0;
  std::string value_name_;
  Binding binding_;
  std::string text_;
  bool hidden_ = false;
  bool seldom_ = false;
  std::string instead_;
  std::string otherwise_;
  std::vector<std::string> variables_;
  std::string subject_;
  bool silences_ = false;
};

}  // namespace snapfs
