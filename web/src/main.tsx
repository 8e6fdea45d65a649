// The page begins here.
import { render } from 'preact';
import './styles/tokens.css';
import './styles/base.css';
import './styles/components.css';
import './styles/predict.css';
import './styles/watch.css';
import './styles/experiment.css';
import { Shell } from './shell';

const root = document.getElementById('page');
if (root) render(<Shell />, root);
