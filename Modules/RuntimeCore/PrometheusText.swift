/// Figures in the text format of Prometheus, version 0.0.4.
package struct PrometheusText: Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
        case histogram
    }

    package typealias Label = (name: String, value: String)

    package private(set) var text = ""

    package init() {}

    /// Begins a metric; its samples follow.
    package mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ labels: [Label], _ value: Int) {
        text += "\(name)\(Self.text(of: labels)) \(value)\n"
    }

    package mutating func sample(_ name: String, _ labels: [Label], _ histogram: FigureHistogram) {
        var count = 0
        for (bound, inside) in zip(histogram.bounds, histogram.counts) {
            count += inside
            sample("\(name)_bucket", labels + [("le", "\(bound)")], count)
        }
        sample("\(name)_bucket", labels + [("le", "+Inf")], histogram.count)
        text += "\(name)_sum\(Self.text(of: labels)) \(histogram.sum)\n"
        sample("\(name)_count", labels, histogram.count)
    }

    private static func text(of labels: [Label]) -> String {
        labels.isEmpty ? "" : "{" + labels.map { "\($0.name)=\"\(escape($0.value))\"" }.joined(separator: ",") + "}"
    }

    private static func escape(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
