const page = (text, link) => ({ text, link });

function asWritten(markdown) {
  const { rules } = markdown.renderer;
  const render = rules.code_inline;
  rules.code_inline = (tokens, index, ...rest) => {
    tokens[index].attrSet('v-pre', '');
    return render(tokens, index, ...rest);
  };
}

/** The site of the pages that build.ts stages. A link that leads nowhere fails the build. */
export default {
  title: 'capi-relay',
  description: "Delivers Segment-spec Track events from Kafka to Meta's Conversions API",
  srcDir: '../../.local/site/pages',
  outDir: '../../.local/site/html',
  cacheDir: '../../.local/site/cache',
  cleanUrls: true,
  // Angle brackets of the pages are text, and so are double braces in their code.
  markdown: { html: false, config: asWritten },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [page('Getting started', '/getting-started'), page('Runbooks', '/runbooks')],
    sidebar: [
      {
        text: 'Start',
        items: [
          page('Overview', '/'),
          page('Getting started', '/getting-started'),
          page('Concepts', '/concepts'),
          page('Installing', '/install'),
          page('Examples', '/examples/'),
          page('Alternatives', '/alternatives'),
        ],
      },
      {
        text: 'Configure',
        items: [
          page('Every key', '/configuration'),
          page('Mapping', '/mapping'),
          page('Rules', '/rules'),
          page('Consent', '/consent'),
          page('Schema registry', '/schema-registry'),
          page("Meta's side", '/meta'),
          page('From Segment', '/moving-in-from-segment'),
          page('From RudderStack', '/moving-in-from-rudderstack'),
        ],
      },
      {
        text: 'Run',
        items: [
          page('Deploying', '/deployment'),
          page('Connections', '/security-of-connections'),
          page('Sizing and tuning', '/sizing'),
          page('Scaling', '/scaling'),
          page('Measuring speed', '/performance'),
          page('Observability', '/observability'),
          page('Metrics', '/metrics'),
          page('Dashboards', '/dashboards'),
          page('Control', '/control'),
          page('Canary', '/canary'),
        ],
      },
      {
        text: 'Act',
        items: [
          page('Troubleshooting', '/troubleshooting'),
          page('Runbooks', '/runbooks'),
          page('Dead letters', '/dead-letters'),
          page('Explaining an event', '/explaining'),
          page('Quality', '/quality'),
          page('Outcomes', '/outcomes'),
        ],
      },
      {
        text: 'Trust',
        items: [
          page('Promises', '/promises'),
          page('Privacy', '/privacy'),
          page('Security', '/security'),
          page('Threats', '/threats'),
          page('Architecture', '/architecture'),
          page("Where Meta's libraries differ", '/differences'),
          page('Changes', '/changelog'),
        ],
      },
    ],
  },
};
