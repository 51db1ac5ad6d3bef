import RequestReply

/// Rows of text in columns as wide as they need be; the last one may be longer than a line.
struct TextTable {
    private var rows: [[String]]

    init(_ columns: String...) {
        rows = [columns]
    }

    mutating func add(_ cells: String...) {
        rows.append(cells.map(ShownText.safe))
    }

    func text(on terminal: Terminal) -> String {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.enumerated().map { index, cells in
            var line = zip(cells, widths).dropLast().map { $0.padded(to: $1) + "  " }.joined() + (cells.last ?? "")
            line.removeLast(line.reversed().prefix { $0 == " " }.count)
            return (index == 0 ? terminal.paint(line, .heading) : line) + "\n"
        }.joined()
    }
}

/// Text that came from elsewhere, as a terminal can show it.
enum ShownText {
    /// The text itself, or in quotes where something in it would drive the terminal.
    static func safe(_ text: String) -> String {
        // Quotes escape these two as well, which a terminal shows as they are.
        let rest = text.filter { $0 != "\"" && $0 != "\\" }
        return JSONText.quoted(rest).dropFirst().dropLast() == rest ? text : JSONText.quoted(text)
    }

    /// A number and what it counts.
    static func count(_ number: Int, _ noun: String) -> String {
        "\(number) \(noun)\(number == 1 ? "" : "s")"
    }
}
