import Testing

@testable import URLTemplate

@Suite struct URLTemplateTests { @Test func placeholder() {} }
