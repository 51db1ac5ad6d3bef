/// The rows of one benchmark as text.
struct ResultTable {
    private let title: String
    private let rows: [Row]

    init(_ title: String, _ rows: [Row]) {
        self.title = title
        self.rows = rows
    }

    var text: String {
        let figures = Figure.allCases.filter { figure in rows.contains { $0.figures[figure] != nil } }
        var lines = [["", ""] + figures.map(\.title) + [""]]
        var setup = ""
        for row in rows {
            let cells = figures.map { figure in row.figures[figure].map(figure.text) ?? "" }
            lines.append([row.setup == setup ? "" : row.setup, row.contender] + cells + [targets(of: row)])
            setup = row.setup
        }
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

    private func targets(of row: Row) -> String {
        row.targets.map { "\($0.isMet ? "met" : "MISSED"): \($0.text)" }.joined(separator: ", ")
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
