"""What a terminal of a fixed width shows of the bytes that programs write to it, with the moment at which each line was
written last. It knows what snapfs and the coreutils send (line ends, carriage returns, going up, erasing, colours), and
refuses the rest."""
import dataclasses
import re
import unicodedata

# A control sequence, an operating system command, or one character.
TOKEN = re.compile(r"\x1b\[(?P<numbers>[\d;?]*)(?P<final>[A-Za-z])|\x1b\](?P<system>[^\x07]*)\x07|(?P<character>.)", re.S)
TAB = 8


@dataclasses.dataclass(frozen=True)
class Look:
    colour: int | None = None  # 0 to 7, of the terminal's palette
    bold: bool = False


@dataclasses.dataclass
class Line:
    cells: list = dataclasses.field(default_factory=list)  # pairs of a character and its look
    second: float = 0.0
    source: str = "output"

    def text(self):
        return "".join(character for character, _ in self.cells).rstrip()

    def spans(self):
        """Runs of one look: the column each starts at, its text, its look. Without what is blank at either end."""
        found = []
        for column, (character, look) in enumerate(self.cells):
            if found and found[-1][2] == look:
                found[-1][1] += character
            else:
                found.append([column, character, look])
        stripped = [(column + len(text) - len(text.lstrip()), text.strip(), look) for column, text, look in found]
        return [span for span in stripped if span[1]]


class Screen:
    def __init__(self, columns, on_system_command):
        self.columns = columns
        self.lines = [Line()]
        self.row = self.column = 0
        self.look = Look()
        self.on_system_command = on_system_command

    def feed(self, text, second, source="output"):
        for token in TOKEN.finditer(text):
            if token["system"] is not None:
                self.on_system_command(token["system"])
            elif token["final"]:
                self.obey(token["final"], token["numbers"])
            else:
                self.show(token["character"], second, source)

    def show(self, character, second, source):
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row += 1
            self.column = 0
            if self.row == len(self.lines):
                self.lines.append(Line(second=second))
        elif character == "\t":
            self.column += TAB - self.column % TAB
        elif unicodedata.category(character) == "Cc":
            raise ValueError(f"a terminal would obey U+{ord(character):04X}, which is not understood here")
        else:
            if self.column == self.columns:
                self.show("\n", second, source)
            line = self.lines[self.row]
            line.cells += [(" ", Look())] * (self.column + 1 - len(line.cells))
            line.cells[self.column] = (character, self.look)
            line.second, line.source = second, source
            self.column += 1

    def obey(self, final, numbers):
        if final == "m":
            for number in [int(word or 0) for word in numbers.split(";")]:
                self.change_look(number)
        elif final == "A":
            self.row = max(0, self.row - int(numbers or 1))
        elif final == "K" and numbers in ("", "0"):
            del self.lines[self.row].cells[self.column:]
        elif final == "J" and numbers in ("", "0"):
            del self.lines[self.row].cells[self.column:]
            del self.lines[self.row + 1:]
        else:
            raise ValueError(f"the sequence ESC [ {numbers} {final} is not understood here")

    def change_look(self, number):
        if number == 0:
            self.look = Look()
        elif number == 1:
            self.look = dataclasses.replace(self.look, bold=True)
        elif 30 <= number <= 37:
            self.look = dataclasses.replace(self.look, colour=number - 30)
        elif number == 39:
            self.look = dataclasses.replace(self.look, colour=None)
        else:
            raise ValueError(f"the look {number} is not understood here")
