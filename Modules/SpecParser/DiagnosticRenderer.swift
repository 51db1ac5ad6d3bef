public import TransportCore

/// Shows diagnostics to a reader: `file:line:column: error: what, and what to write instead`, then the line that is meant,
/// with a caret below the place.
public struct DiagnosticRenderer: Sendable {
    /// Whether to use the colours of an ANSI terminal.
    public var colours: Bool
    /// How many columns of a line are shown at most, at least 20; of a longer line, those around the place.
    public var width: Int

    /// - Parameters:
    ///   - colours: see ``colours``.
    ///   - width: see ``width``.
    public init(colours: Bool = false, width: Int = 120) {
        self.colours = colours
        self.width = width
    }

    /// Everything as one text that ends with a line break, or is empty.
    /// - Parameter texts: the files that the diagnostics are about. Lines of other files are not shown.
    public func render(_ diagnostics: some Sequence<SpecDiagnostic>, in texts: [ModuleText]) -> String {
        let byFile = Dictionary(texts.map { ($0.file, $0) }) { first, _ in first }
        var result = ""
        for diagnostic in diagnostics {
            result += render(diagnostic, in: diagnostic.file.flatMap { byFile[$0] })
        }
        return result
    }

    /// One diagnostic as text that ends with a line break.
    public func render(_ diagnostic: SpecDiagnostic, in text: ModuleText?) -> String {
        var place = diagnostic.file.map { "\($0):" } ?? ""
        if let position = diagnostic.position {
            place += "\(position.line):\(position.column):"
        }
        var result = place.isEmpty ? "" : paint(visible(place), .bold) + " "
        result += paint("\(diagnostic.severity.rawValue):", diagnostic.severity == .error ? .red : .yellow)
        result += " " + paint(visible(diagnostic.message), .bold) + "; " + visible(diagnostic.remedy) + "\n"
        if let position = diagnostic.position, let line = text?.line(position.line) {
            let gutter = String(position.line)
            let blank = String(repeating: " ", count: gutter.count)
            let (shown, mark) = excerpt(of: line, column: position.column, length: diagnostic.length)
            result += paint("\(gutter) | ", .dim) + shown + "\n"
            result += paint("\(blank) | ", .dim) + paint(mark, .green) + "\n"
        }
        if let replacement = diagnostic.replacement {
            result += "write instead:\n"
            for line in replacement.split(separator: "\n", omittingEmptySubsequences: false) {
                result += line.isEmpty ? "\n" : "    \(visible(String(line)))\n"
            }
        }
        return result
    }

    // MARK: - Lines

    /// One scalar of a line as a terminal shows it.
    private struct Cell {
        var text: String
        var width: Int
    }

    /// A line, or the part of it around the place, and the line with the caret below it.
    private func excerpt(of line: String, column: Int, length: Int) -> (String, String) {
        let limit = max(20, width)
        let lineLength = line.unicodeScalars.count
        // A place behind the line is shown at its end.
        let column = min(max(1, column), lineLength + 1)
        // What lies more than a screen before the place or behind it is not looked at, however long the line is.
        let skipped = max(0, column - 1 - limit)
        var cells: [Cell] = []
        for scalar in line.unicodeScalars.dropFirst(skipped).prefix(2 * limit + 1) {
            cells.append(cell(scalar))
        }
        let caret = min(column - 1 - skipped, cells.count)
        var first = caret
        var shownWidth = 0
        // A third of the room belongs to what stands before the place, more where nothing is left behind it.
        let behind = min(cells[caret...].reduce(0) { $0 + $1.width }, limit * 2 / 3)
        while first > 0, shownWidth + cells[first - 1].width <= limit - behind {
            first -= 1
            shownWidth += cells[first].width
        }
        var last = caret
        while last < cells.count, shownWidth + cells[last].width <= limit {
            shownWidth += cells[last].width
            last += 1
        }
        let isCutBefore = first > 0 || skipped > 0
        let isCutBehind = last < cells.count || skipped + cells.count < lineLength
        let shown = cells[first..<last].map(\.text).joined()
        let before = cells[first..<caret].reduce(0) { $0 + $1.width } + (isCutBefore ? 1 : 0)
        let marked = max(1, cells[caret..<last].prefix(length).reduce(0) { $0 + $1.width })
        let mark = String(repeating: " ", count: before) + "^" + String(repeating: "~", count: marked - 1)
        return ((isCutBefore ? "…" : "") + shown + (isCutBehind ? "…" : ""), mark)
    }

    private func cell(_ scalar: Unicode.Scalar) -> Cell {
        switch scalar.value {
        case 0x09:
            Cell(text: "    ", width: 4)
        case 0x20...0x7E:
            Cell(text: String(Character(scalar)), width: 1)
        case _ where isHidden(scalar):
            Cell(text: "\u{FFFD}", width: 1)
        default:
            Cell(text: String(Character(scalar)), width: columns(scalar))
        }
    }

    /// Whether a scalar would move the cursor, change colours or turn the direction of the text.
    private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse: true
        default: false
        }
    }

    /// How many columns of a terminal a scalar takes.
    private func columns(_ scalar: Unicode.Scalar) -> Int {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark: 0
        default:
            switch scalar.value {
            case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
                0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
                2
            default: 1
            }
        }
    }

    /// The text without anything that a terminal would obey.
    private func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHidden) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            result.unicodeScalars.append(isHidden(scalar) ? "\u{FFFD}" : scalar)
        }
        return result
    }

    // MARK: - Colours

    private enum Paint: String {
        case bold = "1"
        case dim = "2"
        case red = "1;31"
        case green = "32"
        case yellow = "1;33"
    }

    private func paint(_ text: String, _ paint: Paint) -> String {
        colours ? "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m" : text
    }
}
