internal import NIOCore

/// Lines of those who wait, one for each endpoint, first come first served. The lines take turns, so that an endpoint for which few wait does
/// not wait for one with many.
struct EndpointLines<Waiting> {
    /// An object, so that a table of lines is looked at once for each that waits.
    private final class Line {
        var waiting = CircularBuffer<Waiting>()
    }

    /// Beyond so many lines the empty ones are forgotten.
    private static var mostLines: Int { 64 }

    private var lines: [Int: Line] = [:]
    /// The lines in which somebody waits, the one whose turn it is first.
    private var turns = CircularBuffer<Line>()

    /// Whether nobody waits.
    var isEmpty: Bool { turns.isEmpty }

    mutating func append(_ waiting: Waiting, for endpoint: Int) {
        let line = lines[endpoint] ?? newLine(for: endpoint)
        if line.waiting.isEmpty { turns.append(line) }
        line.waiting.append(waiting)
    }

    private mutating func newLine(for endpoint: Int) -> Line {
        if lines.count >= Self.mostLines { lines = lines.filter { !$0.value.waiting.isEmpty } }
        let line = Line()
        lines[endpoint] = line
        return line
    }

    /// Takes whose turn it is.
    mutating func popFirst() -> Waiting? {
        guard let line = turns.popFirst(), let next = line.waiting.popFirst() else { return nil }
        if !line.waiting.isEmpty { turns.append(line) }
        return next
    }
}
