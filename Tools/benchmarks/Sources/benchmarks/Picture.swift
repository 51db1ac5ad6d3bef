/// The ratios of a run as bars, as an SVG document on white.
struct Picture {
    /// One group of bars: a setup of a benchmark.
    private struct Group {
        let title: String
        let bars: [(name: String, ratio: Double, target: Double?)]
    }

    private static let colours = ["AsyncTransport": "#1f6feb", "BlockingTransport": "#8250df", "AsyncHTTPClient": "#9a6700"]
    private static let labelWidth = 260.0
    private static let scaleWidth = 440.0
    private static let barHeight = 18.0
    private static let barGap = 4.0
    private static let groupGap = 16.0

    private let groups: [Group]

    /// Takes the rows that have a ratio to `wrk`.
    init(_ rows: [Row]) {
        var groups: [Group] = []
        for row in rows where Self.colours[row.contender] != nil {
            guard let ratio = row.figures[.ofWrk] else { continue }
            let title = "\(row.benchmark), \(row.setup)"
            let target = row.targets.first { $0.figure == Figure.ofWrk.rawValue }?.limit
            let bar = (row.contender, ratio, target)
            if let last = groups.last, last.title == title {
                groups[groups.count - 1] = Group(title: title, bars: last.bars + [bar])
            } else {
                groups.append(Group(title: title, bars: [bar]))
            }
        }
        self.groups = groups
    }

    var svg: String {
        var body = ""
        var top = 70.0
        for group in groups {
            body += Self.text(group.title, x: Self.labelWidth - 12, y: top + 13, anchor: "end")
            for bar in group.bars {
                body += Self.bar(bar, top: top)
                top += Self.barHeight + Self.barGap
            }
            top += Self.groupGap
        }
        let bottom = top - Self.groupGap + 6
        let width = Self.labelWidth + Self.scaleWidth + 60
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(Self.number(width))" height="\(Self.number(bottom + 40))" \
            viewBox="0 0 \(Self.number(width)) \(Self.number(bottom + 40))" font-family="Helvetica, Arial, sans-serif" font-size="13">
            <title>Calls per second in relation to wrk</title>
            <rect width="100%" height="100%" fill="#ffffff"/>
            \(Self.text("Calls per second in relation to wrk in the same run", x: 16, y: 26, size: 16))\(Self.legend)
            \(Self.scale(from: 62, to: bottom))\(body)</svg>

            """
    }

    private static func bar(_ bar: (name: String, ratio: Double, target: Double?), top: Double) -> String {
        let length = min(bar.ratio, 1.05) * scaleWidth
        var svg = """
            <rect x="\(number(labelWidth))" y="\(number(top))" width="\(number(length))" height="\(number(barHeight))" \
            fill="\(colours[bar.name] ?? "#57606a")"/>

            """
        // The number stands behind the target where it would be crossed by it.
        let target = (bar.target ?? 0) * scaleWidth
        let end = length < target && target < length + 40 ? target : length
        svg += text(Figure.ofWrk.text(bar.ratio), x: labelWidth + end + 6, y: top + 13)
        if let target = bar.target {
            let x = labelWidth + target * scaleWidth
            svg += """
                <line x1="\(number(x))" x2="\(number(x))" y1="\(number(top - 2))" y2="\(number(top + barHeight + 2))" \
                stroke="#cf222e" stroke-width="2.5"/>

                """
        }
        return svg
    }

    private static var legend: String {
        var svg = ""
        var x = 16.0
        for name in colours.keys.sorted() {
            svg += "<rect x=\"\(number(x))\" y=\"38\" width=\"12\" height=\"12\" fill=\"\(colours[name] ?? "")\"/>\n"
            svg += text(name, x: x + 18, y: 49)
            x += 30 + 8 * Double(name.count)
        }
        svg += "<line x1=\"\(number(x + 6))\" x2=\"\(number(x + 6))\" y1=\"36\" y2=\"52\" stroke=\"#cf222e\" stroke-width=\"2.5\"/>\n"
        return svg + text("target", x: x + 18, y: 49)
    }

    private static func scale(from top: Double, to bottom: Double) -> String {
        var svg = ""
        for step in 0...4 {
            let share = Double(step) / 4
            let x = labelWidth + share * scaleWidth
            svg += """
                <line x1="\(number(x))" x2="\(number(x))" y1="\(number(top))" y2="\(number(bottom))" stroke="#d0d7de"/>

                """
            svg += text(Figure.ofWrk.text(share), x: x, y: bottom + 18, anchor: "middle")
        }
        return svg
    }

    private static func text(_ text: String, x: Double, y: Double, anchor: String = "start", size: Int = 13) -> String {
        let escaped = text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            default: String(character)
            }
        }
        return """
            <text x="\(number(x))" y="\(number(y))" text-anchor="\(anchor)" font-size="\(size)" fill="#1f2328">\(escaped.joined())</text>

            """
    }

    private static func number(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
