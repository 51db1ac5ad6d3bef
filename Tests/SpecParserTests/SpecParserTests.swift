import Testing

@testable import SpecParser

@Suite struct SpecParserTests { @Test func placeholder() {} }
