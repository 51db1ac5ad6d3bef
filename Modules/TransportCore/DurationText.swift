/// Durations as a `module.yaml` writes them: a whole number and a unit, with or without a space, such as `1 min` or `30s`.
///
/// Without a unit the number means milliseconds. There is no sign and no fraction.
public enum DurationText {
    /// Every unit with the nanoseconds it stands for.
    public static let units: [(names: [String], nanoseconds: Int64)] = [
        (["d", "day", "days"], 86_400_000_000_000),
        (["h", "hour", "hours"], 3_600_000_000_000),
        (["min", "m", "minute", "minutes"], 60_000_000_000),
        (["s", "sec", "secs", "second", "seconds"], 1_000_000_000),
        (["ms", "milli", "millis", "millisecond", "milliseconds"], 1_000_000),
        (["µs", "micro", "micros", "microsecond", "microseconds"], 1_000),
        (["ns", "nano", "nanos", "nanosecond", "nanoseconds"], 1),
    ]

    /// Reads a duration.
    /// - Throws: ``SpecTextError`` for anything but a whole number with a known unit, and for more than 292 years.
    public static func parse(_ text: String) throws(SpecTextError) -> Duration {
        let trimmed = text.trimmingSpaces()
        let remedy = "write a whole number and a unit, such as 30 s, 2 min or 500 ms"
        let digits = trimmed.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else {
            if trimmed.isEmpty { throw SpecTextError("the duration is empty", remedy: remedy) }
            if trimmed.first == "-" || trimmed.first == "+" {
                throw SpecTextError("a duration has no sign: '\(text)'", remedy: remedy, length: text.count)
            }
            throw SpecTextError("a duration begins with a number: '\(text)'", remedy: remedy, length: text.count)
        }
        let unit = trimmed.dropFirst(digits.count).trimmingSpaces()
        if unit.first == "." || unit.first == "," {
            throw SpecTextError(
                "a duration has no fraction: '\(text)'",
                remedy: "\(remedy), and use a smaller unit for a part",
                length: text.count
            )
        }
        let nanoseconds: Int64
        if unit.isEmpty {
            nanoseconds = 1_000_000
        } else {
            // U+03BC is what a keyboard with a Greek layout types for U+00B5.
            let lower = unit.lowercased()
            let folded = lower.utf8.allSatisfy { $0 < 0x80 } ? lower : lower.replacing("\u{3BC}", with: "\u{B5}")
            guard let known = units.first(where: { $0.names.contains(folded) }) else {
                let names = units.map { $0.names.joined(separator: " ") }.joined(separator: ", ")
                throw SpecTextError("'\(unit)' is not a unit of time", remedy: "write one of \(names)", length: text.count)
            }
            nanoseconds = known.nanoseconds
        }
        guard let number = Int64(digits) else {
            throw SpecTextError("'\(digits)' is too large", remedy: remedy, length: text.count)
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: nanoseconds)
        guard !overflow else {
            throw SpecTextError("'\(text)' is more than 292 years", remedy: remedy, length: text.count)
        }
        return .nanoseconds(product)
    }

    /// Writes a duration with the largest unit that leaves a whole number: `1 min`, `1500 ms`, `0 ms`.
    ///
    /// ``parse(_:)`` reads the text as the same duration.
    public static func format(_ duration: Duration) -> String {
        let total = duration.inNanoseconds
        guard total != 0 else { return "0 ms" }
        for unit in units where total % unit.nanoseconds == 0 {
            return "\(total / unit.nanoseconds) \(unit.names[0])"
        }
        return "\(total) ns"
    }
}

extension StringProtocol {
    /// The text without spaces and tabs at its ends.
    package func trimmingSpaces() -> String {
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        let tail = drop(while: isSpace)
        guard let last = tail.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(tail[...last])
    }
}
