import Testing
import TransportCore

@Suite struct DurationTextTests {
    @Test(
        "a whole number and a unit are a duration, with and without a space",
        arguments: [
            ("1 d", 86_400_000_000_000), ("2day", 172_800_000_000_000), ("3 days", 259_200_000_000_000),
            ("1h", 3_600_000_000_000), ("1 hour", 3_600_000_000_000), ("2hours", 7_200_000_000_000),
            ("1 min", 60_000_000_000), ("2m", 120_000_000_000), ("1minute", 60_000_000_000), ("3 minutes", 180_000_000_000),
            ("1s", 1_000_000_000), ("30 sec", 30_000_000_000), ("10secs", 10_000_000_000), ("10second", 10_000_000_000),
            ("10 seconds", 10_000_000_000),
            ("1ms", 1_000_000), ("1 milli", 1_000_000), ("1millis", 1_000_000), ("1 millisecond", 1_000_000),
            ("5milliseconds", 5_000_000),
            ("1µs", 1_000), ("1\u{3BC}s", 1_000), ("1 micro", 1_000), ("1micros", 1_000), ("1 microsecond", 1_000),
            ("7microseconds", 7_000),
            ("1ns", 1), ("1 nano", 1), ("1nanos", 1), ("1 nanosecond", 1), ("9nanoseconds", 9),
        ] as [(String, Int64)]
    )
    func units(text: String, nanoseconds: Int64) throws {
        #expect(try DurationText.parse(text) == .nanoseconds(nanoseconds))
    }

    @Test("a number without a unit means milliseconds", arguments: [("10", 10), ("0", 0), ("  250 ", 250), ("007", 7)])
    func noUnit(text: String, milliseconds: Int64) throws {
        #expect(try DurationText.parse(text) == .milliseconds(milliseconds))
    }

    @Test("the case of a unit and the spaces around do not matter", arguments: ["30 S", "30\ts", " 30 Sec ", "30   SECONDS"])
    func caseAndSpaces(text: String) throws {
        #expect(try DurationText.parse(text) == .seconds(30))
    }

    @Test(
        "anything else is refused with the reason and a remedy",
        arguments: [
            ("", "the duration is empty", "30 s"),
            ("   ", "the duration is empty", "30 s"),
            ("-1s", "a duration has no sign: '-1s'", "30 s"),
            ("+1s", "a duration has no sign: '+1s'", "30 s"),
            ("1.5s", "a duration has no fraction: '1.5s'", "smaller unit"),
            ("1,5 s", "a duration has no fraction: '1,5 s'", "smaller unit"),
            ("1 fortnight", "'fortnight' is not a unit of time", "days"),
            ("1 s 5", "'s 5' is not a unit of time", "days"),
            ("s", "a duration begins with a number: 's'", "30 s"),
            ("\u{661}s", "a duration begins with a number: '\u{661}s'", "30 s"),
            ("0x10", "'x10' is not a unit of time", "days"),
            ("9223372036854775808", "'9223372036854775808' is too large", "30 s"),
            ("106752 d", "'106752 d' is more than 292 years", "30 s"),
        ]
    )
    func refused(text: String, message: String, remedy: String) {
        let error = #expect(throws: SpecTextError.self) { try DurationText.parse(text) }
        #expect(error?.message == message)
        #expect(error?.remedy.contains(remedy) == true)
    }

    @Test(
        "a duration is written with the largest unit that leaves a whole number",
        arguments: [
            (Duration.seconds(60), "1 min"), (.seconds(90), "90 s"), (.milliseconds(1500), "1500 ms"), (.seconds(86_400), "1 d"),
            (.zero, "0 ms"), (.nanoseconds(1), "1 ns"), (.microseconds(3), "3 µs"), (.nanoseconds(Int64.max), "9223372036854775807 ns"),
        ]
    )
    func written(duration: Duration, text: String) throws {
        #expect(DurationText.format(duration) == text)
        #expect(try DurationText.parse(text) == duration)
    }
}
