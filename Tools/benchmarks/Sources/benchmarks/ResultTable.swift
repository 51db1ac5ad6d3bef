/// The rows of one benchmark as text.
struct ResultTable {
    private let title: String
    private let rows: [Row]

    init(_ title: String, _ rows: [Row]) {
        self.title = title
        self.rows = rows
    }

    /// For a terminal.
    var text: String {
        let lines = lines(gap: "", note: { $0.joined(separator: ", ") })
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        let body = lines.map { cells in
            let padded = cells.enumerated().map { column, cell in
                // Words begin at the left, numbers end at the right.
                column < 2 || column == cells.count - 1 ? cell.padded(to: widths[column]) : cell.padded(toLeft: widths[column])
            }
            return padded.joined(separator: "  ").trimmedAtEnd
        }
        return ([title] + body).joined(separator: "\n") + "\n"
    }

    /// For a document.
    var markdown: String {
        let lines = lines(gap: " ", note: { $0.joined(separator: "<br>") })
        let rule = lines[0].indices.map { $0 < 2 || $0 == lines[0].count - 1 ? "---" : "---:" }
        let body = ([lines[0], rule] + lines.dropFirst()).map { "| \($0.joined(separator: " | ")) |" }
        return "**`\(title)`**\n\n" + body.joined(separator: "\n") + "\n"
    }

    /// The cells of every line, that of the titles first.
    private func lines(gap: String, note: ([String]) -> String) -> [[String]] {
        let figures = Figure.allCases.filter { figure in rows.contains { $0.figures[figure] != nil } }
        var lines = [[gap, gap] + figures.map(\.title) + [gap]]
        var setup = ""
        for row in rows {
            let cells = figures.map { figure in row.figures[figure].map(figure.text) ?? gap }
            let targets = row.targets.map { "\($0.isMet ? "met" : "MISSED"): \($0.text)" }
            lines.append([row.setup == setup ? gap : row.setup, row.contender] + cells + [note(targets)])
            setup = row.setup
        }
        return lines
    }
}

extension String {
    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    func padded(toLeft width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    fileprivate var trimmedAtEnd: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }
}
